import type { Link } from '@tollgate/workers';
import type { News, Questions } from './messages';

/** Between a worker of the api and its primary. */
export type ApiLink = Link<Questions, News>;
