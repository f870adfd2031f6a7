export function StreamsView() {
  return null;
}
