import { StandardSchemaValidationPipe } from '@nestjs/common';
import { TollgateError } from '@tollgate/domain';
import { z } from 'zod';

const MAX_ISSUES = 5;
/** Of the whole line, in characters. */
const MAX_LENGTH = 500;
const KIND: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a JSON object',
};

/** Makes zod speak of fields as a caller would: `is required`, `must be a text`. Call once, at the start. */
export function useFieldMessages(): void {
  z.config({
    customError: (issue) => {
      if (issue.code === 'invalid_type') {
        if (issue.input === undefined) return 'is required';
        return `must be ${KIND[issue.expected] ?? issue.expected}`;
      }
      if (issue.code === 'unrecognized_keys') return `unknown field ${issue.keys.slice(0, MAX_ISSUES).join(', ')}`;
      return undefined;
    },
  });
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** One line that names each field at fault. */
export function describeIssues(issues: readonly Issue[]): string {
  // The first problem of a field is its plainest: a list that is no text need not also be too short.
  const firstOf = new Map<string, string>();
  for (const { message, path = [] } of issues) {
    const field = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.') || 'request';
    if (!firstOf.has(field)) firstOf.set(field, `${field}: ${message}`);
  }
  return [...firstOf.values()].slice(0, MAX_ISSUES).join('; ').slice(0, MAX_LENGTH);
}

/** Checks each handler's parameters against the schema in its decorator. */
export function createValidationPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({
    exceptionFactory: (issues) => new TollgateError('invalid_request', describeIssues(issues)),
  });
}
