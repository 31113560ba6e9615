// Where a script that was required came from.
export const apusAddress = process.getBuiltinModule('node:url').pathToFileURL(__filename).href;
