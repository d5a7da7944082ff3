/** What an image runs on. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** Absent for an architecture's usual variant. */
  readonly variant?: string;
  /** Of Windows, whose containers run on a kernel of the same build. */
  readonly osVersion?: string;
}

/** What a platform looks like, for messages. */
export const platformForm =
  "<os>/<architecture>[/<variant>], such as linux/arm64, or windows(10.0.20348)/amd64";

const pattern = /^([a-z0-9_.-]+)(?:\(([0-9]+(?:\.[0-9]+)*)\))?\/([a-z0-9_.-]+)(?:\/([a-z0-9_.-]+))?$/i;

/** Reads a platform in the form that containerd has (containerd/platforms, "Parse"). Throws RangeError saying what was expected. */
export function parsePlatform(text: string): Platform {
  const [, os, osVersion, architecture, variant] = pattern.exec(text) ?? [];
  if (os === undefined || architecture === undefined) {
    throw new RangeError(`'${text}' is no platform; expected ${platformForm}`);
  }
  return normalized({ os, architecture, variant, osVersion });
}

const operatingSystems: Readonly<Record<string, string>> = { macos: "darwin" };

/** Other names of architectures, with the variant that they imply. */
const architectures: Readonly<Record<string, readonly [string, string?]>> = {
  i386: ["386"],
  x86_64: ["amd64"],
  "x86-64": ["amd64"],
  aarch64: ["arm64"],
  armhf: ["arm", "v7"],
  armel: ["arm", "v6"],
};

/** The variants that are meant when none is told. */
const usual: Readonly<Record<string, string>> = { amd64: "v1", arm64: "v8", arm: "v7" };

/** The one way to write a platform of all that mean the same (containerd/platforms, "Normalize"). */
export function normalized({ os, architecture, variant, osVersion }: Platform): Platform {
  const [name = "", implied] = architectures[architecture.toLowerCase()] ?? [architecture.toLowerCase()];
  const given = (implied ?? variant)?.toLowerCase();
  const full = given && /^\d+$/.test(given) ? `v${given}` : given;
  return {
    os: operatingSystems[os.toLowerCase()] ?? os.toLowerCase(),
    architecture: name,
    ...(full && full !== usual[name] && { variant: full }),
    ...(osVersion && { osVersion }),
  };
}

/** Whether a platform, in the form of `normalized`, is one that is wanted: a build of Windows stands for all its revisions. */
export function matches(wanted: Platform, platform: Platform): boolean {
  return (
    wanted.os === platform.os &&
    wanted.architecture === platform.architecture &&
    wanted.variant === platform.variant &&
    (wanted.osVersion === undefined || `${platform.osVersion}.`.startsWith(`${wanted.osVersion}.`))
  );
}

/** A platform as text, as `parsePlatform` reads it. */
export function formatPlatform({ os, architecture, variant, osVersion }: Platform): string {
  return `${os}${osVersion ? `(${osVersion})` : ""}/${architecture}${variant ? `/${variant}` : ""}`;
}
