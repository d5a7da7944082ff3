import type { Run } from "../../../core/model/run.ts";
import { digestFor } from "../../fakes/memory-catalog.ts";
import {
  appSides,
  hosts,
  listed,
  nginxRepository,
  oneRepository,
  registrySides,
  tagsOf,
} from "../../fakes/rule-run.ts";

const artifact = (name: string, kind = "sig") => `${digestFor(name).replace(":", "-")}.${kind}`;

describe("signatures and the like", () => {
  const signed = {
    "1.0": "a",
    "1.1": "b",
    [artifact("a")]: "signature",
    [artifact("b", "att")]: "attestation",
  };

  test("are no images of their own", async () => {
    const run: Run = { ...oneRepository, tags: { include: ["sha256-*"] } };
    const { listing, copies } = await listed(run, appSides(signed, {}));
    expect([listing.selected, copies]).toEqual([0, []]);
  });

  test("that the destination lacks let the image be copied once more, and looked at for them", async () => {
    const sides = appSides(signed, { "1.0": "a", "1.1": "b", [artifact("b", "att")]: "attestation" });
    const { listing, copies } = await listed(oneRepository, sides);
    expect(copies).toEqual([
      {
        rule: "app",
        source: `${hosts.source}/team/app:1.0`,
        destination: `${hosts.destination}/mirror/app:1.0`,
        referrers: true,
      },
    ]);
    expect(listing).toMatchObject({ selected: 2, inSync: 1, differing: 1 });
  });

  test("that have changed are lacking, too, where listings tell", async () => {
    const sides = appSides({ "1.0": "a", [artifact("a")]: "new" }, { "1.0": "a", [artifact("a")]: "old" });
    expect((await listed(oneRepository, sides)).copies).toHaveLength(1);
    const registry = registrySides(
      { "1.0": "a", [artifact("a")]: "new" },
      { "1.0": "a", [artifact("a")]: "old" },
    );
    expect((await listed(nginxRepository, registry)).copies).toEqual([]);
  });

  test("of a registry's image are lacking by their tag", async () => {
    const sides = registrySides({ "1.0": "a", [artifact("a")]: "signature" }, { "1.0": "a" });
    expect((await listed(nginxRepository, sides)).copies).toMatchObject([{ referrers: true }]);
  });

  test("of an image without a tag are lacking, too", async () => {
    const sides = appSides({ [artifact("loose")]: "signature" }, {});
    sides.from.at("team/app").untagged.add(digestFor("loose"));
    sides.to.at("mirror/app").untagged.add(digestFor("loose"));
    const { listing, copies } = await listed({ ...oneRepository, untagged: true }, sides);
    expect(copies).toMatchObject([
      { source: `${hosts.source}/team/app@${digestFor("loose")}`, referrers: true },
    ]);
    expect(listing).toMatchObject({ selected: 1, inSync: 0, differing: 1 });
  });

  test("of an image that is copied anyway do not let it be copied twice", async () => {
    const { listing, copies } = await listed(oneRepository, appSides(signed, {}));
    expect(tagsOf(copies)).toEqual(["1.0", "1.1"]);
    expect(listing).toMatchObject({ selected: 2, inSync: 0, differing: 2 });
  });

  test("are looked for of every image when the rule says true, once", async () => {
    const sides = appSides(signed, { "1.0": "a", "1.1": "b" });
    const { listing, copies } = await listed({ ...oneRepository, referrers: true }, sides);
    expect(copies.map(({ referrers }) => referrers)).toEqual([true, true]);
    expect(tagsOf(copies)).toEqual(["1.0", "1.1"]);
    expect(listing).toMatchObject({ selected: 2, inSync: 0, differing: 2 });
  });

  test("are not looked for when the rule says false", async () => {
    const sides = appSides(signed, { "1.0": "a", "1.1": "b" });
    const { copies, listing } = await listed({ ...oneRepository, referrers: false }, sides);
    expect([copies, listing.inSync]).toEqual([[], 2]);
  });

  test("that are listed under a fallback tag are not taken for lacking: that tag is not copied", async () => {
    const fallback = digestFor("a").replace(":", "-");
    const sides = appSides({ "1.0": "a", [fallback]: "index" }, { "1.0": "a" });
    expect((await listed(oneRepository, sides)).copies).toEqual([]);
  });

  test("that are archived at the source are not asked for again and again", async () => {
    const sides = appSides({ "1.0": "a", [artifact("a")]: "signature" }, { "1.0": "a" });
    sides.from.at("team/app").archived.add(digestFor("signature"));
    expect((await listed({ ...oneRepository, prune: true }, sides)).copies).toEqual([]);
  });

  test("of images that the rule does not select stay behind", async () => {
    const sides = appSides(signed, { "1.0": "a", "1.1": "b" });
    const run: Run = { ...oneRepository, tags: { include: ["1.1"] } };
    expect(tagsOf((await listed(run, sides)).copies)).toEqual(["1.1"]);
  });
});
