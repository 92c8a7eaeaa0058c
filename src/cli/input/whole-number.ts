import { InvalidArgumentError } from 'commander';

/**
 * Reads a whole number, 0 or more.
 * @throws InvalidArgumentError, to which commander adds the flag
 */
export function parseWholeNumber(text: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (Number.isNaN(value)) throw new InvalidArgumentError('Use a whole number, 0 or more.');
  return value;
}
