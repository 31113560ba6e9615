// What Node has besides.
export * from './names.js';

/** The execution providers of this host; `bundled` says that no other package is needed. */
export declare function listSupportedBackends(): { name: string; bundled: boolean }[];
