import { describe, expect, test } from "bun:test";
import { UsageError } from "../../src/core/errors.ts";
import { isLoopback, parseListenAddress, urlOf } from "../../src/web/address.ts";

describe("where the HTTP server listens", () => {
  for (const { text, hostname, url } of [
    { text: "9464", hostname: "127.0.0.1", url: "http://127.0.0.1:9464" },
    { text: ":9464", hostname: "127.0.0.1", url: "http://127.0.0.1:9464" },
    { text: "localhost:9464", hostname: "localhost", url: "http://localhost:9464" },
    { text: "[::1]:9464", hostname: "::1", url: "http://[::1]:9464" },
    { text: "0.0.0.0:9464", hostname: "0.0.0.0", url: "http://0.0.0.0:9464" },
  ]) {
    test(`${text} is ${url}`, () => {
      const address = parseListenAddress(text);
      expect(address).toEqual({ hostname, port: 9464 });
      expect(urlOf(address)).toBe(url);
    });
  }

  test("only addresses of this machine are taken for its loopback", () => {
    for (const name of ["localhost", "127.0.0.1", "127.8.9.1", "::1"])
      expect([name, isLoopback(name)]).toEqual([name, true]);
    for (const name of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example", "localhost.example", "128.0.0.1", ""]) {
      expect([name, isLoopback(name)]).toEqual([name, false]);
    }
  });

  test("what is no address is refused", () => {
    for (const text of ["", "x", "65536", "-1", "1:2:3", "host:", "http://127.0.0.1:9464"]) {
      expect(() => parseListenAddress(text)).toThrow(UsageError);
    }
  });
});
