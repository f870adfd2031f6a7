export function ProjectionsView() {
  return null;
}
