export function CommandsView(_: { readOnly: boolean }) {
  return null;
}
