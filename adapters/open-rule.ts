import { mappingOf } from "../core/model/repository-rule.ts";
import type { RepositoryRule } from "../core/model/rule.ts";
import type { Catalog, RuleSides } from "../core/ports.ts";
import { EcrCatalog } from "./catalogs/ecr.ts";
import { RegistryCatalog } from "./catalogs/registry.ts";
import { ecrClient } from "./clients/ecr-client.ts";
import { EcrRemover } from "./destinations/ecr-remover.ts";
import { credentialsFor, destinationAccess, openSides, type Surroundings, sourceAccess } from "./open.ts";

/** What opens the sides of valid rules for repositories, and of their images, each with the roles and secrets of its side. */
export function openRuleSides(surroundings: Surroundings = {}): RuleSides {
  return {
    ...openSides(surroundings),
    sourceCatalog: (rule) => openSourceCatalog(rule, surroundings),
    destinationCatalog: (rule) => {
      const { destination } = mappingOf(rule);
      return new EcrCatalog(ecrClient(destination, destinationAccess(rule)), destination, "destination");
    },
    remover: (rule) => {
      const { destination } = mappingOf(rule);
      return new EcrRemover(ecrClient(destination, destinationAccess(rule)), destination);
    },
  };
}

function openSourceCatalog(rule: RepositoryRule, surroundings: Surroundings): Catalog {
  const { source } = mappingOf(rule);
  return source.kind === "ecr"
    ? new EcrCatalog(ecrClient(source.repository, sourceAccess(rule)), source.repository, "source")
    : new RegistryCatalog(source.repository, credentialsFor(rule, surroundings), surroundings);
}
