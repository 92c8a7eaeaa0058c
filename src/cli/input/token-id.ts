/** The argument that names a token. */
export const TOKEN_ID = ['<id>', 'token id, such as tk_…; not the token itself'] as const;
