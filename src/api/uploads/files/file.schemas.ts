import type { UploadedFile } from '@tollgate/domain';
import { z } from 'zod';
import { pageQuery, plainText } from '../../http/fields';
import { uploadView } from '../upload-view';

const isDone = z.literal(true);
const fileId = z.string().meta({ example: 'file_4fJ8sQ2mZk1xWc9vB7nR0L' });

export const listFilesQuery = z.strictObject({
  ...pageQuery,
  owner_label: plainText(128).optional().meta({ example: 'visitor 17' }),
  account_id: plainText(64).optional().meta({ description: 'Of whom; for operators.' }),
});

const fileView = z.object({
  fileId,
  accountId: z.string().meta({ example: 'acc_4fJ8sQ2mZk1xWc9vB7nR0L' }),
  filename: z.string().meta({ example: 'clip.mp4' }),
  size: z.number().meta({ example: 1_048_576, description: 'In bytes.' }),
  mimeType: z.string().meta({ example: 'video/mp4', description: 'As the first bytes of the content tell.' }),
  sha256: z.string().meta({ example: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' }),
  ownerLabel: z.string().optional().meta({ description: 'Of the token it was uploaded with.' }),
  tokenId: z.string().optional().meta({ example: 'ut_4fJ8sQ2mZk1xWc9vB7nR0L' }),
  createdAt: z.string().meta({ format: 'date-time', example: '2026-01-04T10:00:00.000Z' }),
});

export const fileInfo = z.object({ success: isDone, ...fileView.shape }).meta({ id: 'UploadedFileInfo' });

export const fileList = z
  .object({
    success: isDone,
    files: z.array(fileView),
    total: z.number().meta({ example: 1 }),
    limit: z.number().meta({ example: 50 }),
    offset: z.number().meta({ example: 0 }),
  })
  .meta({ id: 'UploadedFileList' });

export const fileDeleted = z
  .object({ success: isDone, fileId, message: z.string().meta({ example: 'File deleted successfully' }) })
  .meta({ id: 'UploadedFileDeleted' });

/** A file to those who may see it. */
export function toFileView(file: UploadedFile): z.output<typeof fileView> {
  return { ...uploadView(file), accountId: file.accountId };
}
