/** A repository that could not be compared. */
export interface FailedRepository {
  /** As they are shown to people. */
  readonly source: string;
  readonly destination: string;
  /** A stable name. */
  readonly error: string;
  readonly message: string;
}

/** What a comparison of the two sides of a rule has found, as far as it went. It is small: it travels in state. */
export interface Listing {
  /** How many repositories were compared. */
  readonly repositories: number;
  /** How many images the rule selects at the source. */
  readonly selected: number;
  /** How many of them the destination has as they are. */
  readonly inSync: number;
  /** How many of them are to be copied. */
  readonly differing: number;
  /** How many tags of the destination the rule owns: of a rule that prunes. */
  readonly owned: number;
  /** How many of these are to be deleted. */
  readonly deletions: number;
  /** How many of these are not deleted, since with its last tag would go an image that is selected without one. */
  readonly kept: number;
  /** The repositories that have yet to be created. */
  readonly created: readonly string[];
  /** How many repositories could not be compared. */
  readonly failures: number;
  /** How many of them by each name of a failure. */
  readonly errors: Readonly<Record<string, number>>;
  /** The first of them. */
  readonly failed: readonly FailedRepository[];
  readonly warnings: readonly string[];
  /** How many of the images wait for the first of their repositories to be copied. */
  readonly waiting?: number;
  /** The source's repository after which to go on; absent when all were compared. */
  readonly after?: string;
}

/** A comparison that has found nothing. */
export const noListing: Listing = {
  repositories: 0,
  selected: 0,
  inSync: 0,
  differing: 0,
  owned: 0,
  deletions: 0,
  kept: 0,
  created: [],
  failures: 0,
  errors: {},
  failed: [],
  warnings: [],
};
