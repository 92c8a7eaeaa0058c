import type { ImportOutcome } from '@tollgate/domain';
import { duplicateField } from './duplicate-field';

/** Runs an insert whose first statement is the one that a unique constraint can refuse; a refusal is an outcome here. */
export function importOutcome(insert: () => void): ImportOutcome {
  try {
    insert();
    return { kind: 'inserted' };
  } catch (error) {
    const field = duplicateField(error);
    if (field === undefined) throw error;
    return { kind: 'conflict', field };
  }
}
