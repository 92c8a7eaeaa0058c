/** One page of a longer list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** How many there are in all, over all pages. */
  readonly total: number;
}

/** Which part of a list is wanted. */
export interface PageRequest {
  readonly limit: number;
  readonly offset: number;
}
