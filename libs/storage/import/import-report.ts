import type { ImportOutcome } from '@tollgate/domain';
import { ORIGINAL_COLLECTIONS, type OriginalCollection, type OriginalProblem } from './original-source';

/** Problems kept in a report; further ones are only counted. */
const MAX_PROBLEMS = 1_000;

/** What became of the records of one collection. */
export interface ImportCounts {
  /** Taken over (in a dry run: would be). */
  inserted: number;
  /** There already; nothing was touched. */
  exists: number;
  /** Another record holds a unique field of it; see the problems. */
  conflict: number;
  /** Can't be taken over; see the problems. */
  invalid: number;
  /** Outlived its retention, or was deleted here since an earlier run. */
  skipped: number;
}

/** Where a run goes on after an interruption; plain JSON. */
export interface ImportCursor {
  readonly collection: OriginalCollection;
  readonly after: string;
}

export interface ImportReport {
  readonly dryRun: boolean;
  readonly accounts: Readonly<ImportCounts>;
  readonly tokens: Readonly<ImportCounts>;
  readonly audit_logs: Readonly<ImportCounts>;
  /** The first 1,000; without any secret. */
  readonly problems: readonly OriginalProblem[];
  readonly problemsOmitted: number;
}

/** Counts up to a report. */
export class ImportTally {
  private readonly counts: Record<OriginalCollection, ImportCounts> = {
    accounts: noCounts(),
    tokens: noCounts(),
    audit_logs: noCounts(),
  };
  private readonly problems: OriginalProblem[] = [];
  private problemsOmitted = 0;

  skip(collection: OriginalCollection): void {
    this.counts[collection].skipped += 1;
  }

  invalid(problem: OriginalProblem): void {
    this.counts[problem.collection].invalid += 1;
    this.keep(problem);
  }

  outcome(collection: OriginalCollection, id: string, outcome: ImportOutcome): void {
    this.counts[collection][outcome.kind] += 1;
    if (outcome.kind === 'conflict') {
      this.keep({ collection, id, field: outcome.field, reason: 'another record here holds the same' });
    }
  }

  /** How many records were dealt with so far. */
  get total(): number {
    return ORIGINAL_COLLECTIONS.flatMap((name) => Object.values(this.counts[name]) as number[]).reduce((a, b) => a + b);
  }

  report(dryRun: boolean): ImportReport {
    const { accounts, tokens, audit_logs } = structuredClone(this.counts);
    return {
      dryRun,
      accounts,
      tokens,
      audit_logs,
      problems: [...this.problems],
      problemsOmitted: this.problemsOmitted,
    };
  }

  private keep(problem: OriginalProblem): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
    else this.problemsOmitted += 1;
  }
}

function noCounts(): ImportCounts {
  return { inserted: 0, exists: 0, conflict: 0, invalid: 0, skipped: 0 };
}
