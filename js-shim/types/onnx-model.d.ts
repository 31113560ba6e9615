import type { Declared } from './host.js';

/** A URL; in Node a path as well. */
export type FileUrlOrPath = string;

export type FileBlob = Declared<'Blob', never>;

/** The whole of a file. A view counts as the part that it shows. */
export type FileData = Uint8Array | ArrayBufferLike;

export type FileType = FileUrlOrPath | FileBlob | FileData;

export interface ExternalDataFileDescription {
  data: FileType;
  /** The location by which the model knows this file. */
  path: string;
}

/** A file that holds weights; a string is both where the file is and the location in the model. */
export type ExternalDataFileType = ExternalDataFileDescription | FileUrlOrPath;

export interface OnnxModelOptions {
  /** Files of weights; in Node, those beside a model that is a path need not be named. */
  externalData?: readonly ExternalDataFileType[];
}

/** What a model may also be made of, besides a path and bytes: it is read as it arrives. */
export type ModelSource =
  | FileBlob
  | Declared<'Response', never>
  | Declared<'Request', never>
  | Declared<'URL', never>
  | Declared<'ReadableStream', never>;
