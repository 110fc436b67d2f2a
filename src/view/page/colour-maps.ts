// Colours at equal distances, from the smallest to the largest value, with interpolation between them.
const STOPS: Readonly<Record<string, string>> = {
  gray: "000000ffffff",
  viridis:
    "440154470d6048186a482374472d7b4537814240863e49893b528b375b8d33638d2f6b8e2c728e297a8e26828e23898e21918c" +
    "1f988b1fa08822a78528ae8032b67a3fbc734ec36b5ec96270cf5784d44b98d83eaddc30c2df23d8e219ece51bfde725",
  magma:
    "0000040303120a0822130d341d114729115a36106b440f7651127c5d177f6a1c81762181832681902a819c2e7faa337db73779" +
    "c43c75d0416fdc4869e75263ef5d5ef56b5cf9795dfc8961fd9869fea772feb67cfec488fed395fde2a3fcf0b2fcfdbf",
  inferno:
    "0000040403120b0724150b37210c4a2f0a5b3d09654a0c6b57106e64156e71196e7d1e6d8a226a972766a32c61b0315bbc3754" +
    "c73e4cd24644db503be45a31eb6628f1731df68013f98e09fb9d07fcac11fbbc21f9cb35f5db4cf2ea69f3f68afcffa4",
  cividis:
    "00224e00285b002e6a0533711a386f273e6e32436d3b496c434e6c4b546c535a6d5a5f6e61656f686a716f70737676767d7c78" +
    "8482798c8878938e789b9476a39a74aba072b4a76fbcae6cc4b468cdbb63d5c25edec958e7d150f0d846f9e03afee838",
  turbo:
    "30123b392a734040a24456c7466be34680f64294ff37a8fa28bceb1ccdd818ddc21fe9af32f2984ef97d6dfe628bff4ba4fc3c" +
    "b9f635cdec34dfdf37eecf3af8be39fdac34fe962bfb7e21f46617eb500edf3f08d02f05be2102a91601920b017a0403",
  coolwarm:
    "3b4cc0445acc4e68d85875e16282ea6c8ff1779af782a6fb8db0fe98b9ffa3c2feaec9fcb9d0f9c3d5f4ccd9edd5dbe5dddcdc" +
    "e5d8d1ecd3c5f1ccb8f5c4acf7ba9ff7b093f6a586f4987af08b6eeb7d62e46e56dd5f4bd44e41ca3b37be242eb40426",
};

export const COLOUR_MAPS: readonly string[] = Object.keys(STOPS);

const ENTRIES = 256;

/** 256 colours of a map, as RGBA bytes. */
export function colourTable(name: string, isInverted = false): Uint8Array<ArrayBuffer> {
  const stops = STOPS[name] ?? (STOPS["gray"] as string);
  const last = stops.length / 6 - 1;
  const channelAt = (stop: number, channel: number): number =>
    Number.parseInt(stops.slice(stop * 6 + channel * 2, stop * 6 + channel * 2 + 2), 16);
  const table = new Uint8Array(ENTRIES * 4);
  for (let i = 0; i < ENTRIES; i++) {
    const place = ((isInverted ? ENTRIES - 1 - i : i) / (ENTRIES - 1)) * last;
    const stop = Math.min(last - 1, Math.floor(place));
    for (let channel = 0; channel < 3; channel++) {
      const [a, b] = [channelAt(stop, channel), channelAt(stop + 1, channel)];
      table[i * 4 + channel] = Math.round(a + (b - a) * (place - stop));
    }
    table[i * 4 + 3] = 255;
  }
  return table;
}
