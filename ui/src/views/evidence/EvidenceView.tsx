export function EvidenceView() {
  return null;
}
