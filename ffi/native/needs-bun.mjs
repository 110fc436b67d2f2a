// What other runtimes than Bun get when they import the package.
throw new Error("tensorpool is a library for Bun (https://bun.com): run this program with `bun` instead of Node.js");
