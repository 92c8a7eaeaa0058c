import { type Answer, type Json, send } from './http-client';

/** The administrator's key of an api that was given none. */
export const ADMIN_KEY = 'default_upload_token_change_me';

/** A request with a JSON body, from the address in `X-Forwarded-For` where the api trusts such. */
export async function postJson(
  url: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return send(url, { method: 'POST', path, headers: { 'Content-Type': 'application/json', ...headers }, body });
}

/** Asks for an upload token by the administrator's key. */
export async function issueUploadToken(
  url: string,
  fields: Json = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  return postJson(url, '/api/video/auth/upload-token', { authKey: ADMIN_KEY, ...fields }, headers);
}

export async function verifyUploadToken(
  url: string,
  token: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return postJson(url, '/api/video/auth/verify-token', { token }, headers);
}

/** Status and code of an answer below `/api/video/`, whose whole form is checked. */
export function uploadRefusal(answer: Answer): string {
  const { success, code, error } = answer.body;
  if (success !== false || typeof code !== 'string' || typeof error !== 'string' || error === '') {
    throw new Error(`no refusal in the form of uploads: ${answer.text}`);
  }
  return `${String(answer.status)} ${code}`;
}
