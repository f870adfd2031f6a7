// The saved queries of a store as the rows of a tree.
import type { SavedFolder, SavedQueries, SavedQuery } from '../../platform/wire';

export type SavedItem =
  | { kind: 'folder'; id: string; level: number; open: boolean; folder: SavedFolder }
  | { kind: 'query'; id: string; level: number; query: SavedQuery };

/** What is on the screen: folders first, then queries, each folder with what it holds unless it is closed. */
export function treeRows({ folders, queries }: SavedQueries, closed: ReadonlySet<string>): SavedItem[] {
  const rows: SavedItem[] = [];
  const seen = new Set<string>();
  const fill = (parent: string | null, level: number) => {
    for (const folder of folders) {
      // A folder that is within itself would have no end.
      if (folder.parent !== parent || seen.has(folder.id)) continue;
      seen.add(folder.id);
      const open = !closed.has(folder.id);
      rows.push({ kind: 'folder', id: folder.id, level, open, folder });
      if (open) fill(folder.id, level + 1);
    }
    for (const query of queries) {
      if (query.folder === parent) rows.push({ kind: 'query', id: query.id, level, query });
    }
  };
  fill(null, 1);
  return rows;
}

/** Folders with their whole path, but not the one that is given nor what is within it. */
export function folderPaths({ folders }: SavedQueries, except: string | null): { value: string; label: string }[] {
  const byId = new Map(folders.map((folder) => [folder.id, folder]));
  return folders.flatMap((folder) => {
    const names: string[] = [];
    for (let at: SavedFolder | undefined = folder; at !== undefined && names.length <= folders.length; ) {
      if (at.id === except) return [];
      names.unshift(at.name);
      at = at.parent === null ? undefined : byId.get(at.parent);
    }
    return [{ value: folder.id, label: names.join(' / ') }];
  });
}

/** How many queries go with a folder. */
export function heldBy({ folders, queries }: SavedQueries, folder: string): number {
  const within = new Set([folder]);
  for (let size = 0; size !== within.size; ) {
    size = within.size;
    for (const { id, parent } of folders) if (parent !== null && within.has(parent)) within.add(id);
  }
  return queries.filter((query) => query.folder !== null && within.has(query.folder)).length;
}
