import type { Translated } from '../en';
import type { whatif as english } from '../en/whatif';

export const whatif: Translated<typeof english> = {
  file: 'Datei',
  fileDescription: 'Ihr ganzer Pfad; leer lassen, um sie auszuwählen',
  cancel: 'Abbrechen',
  chooseFile: 'Datei auswählen',
  openTitle: 'Was-wäre-wenn öffnen',
  open: 'Öffnen',
  saveTitle: 'Was-wäre-wenn speichern',
  saveTestTitle: 'Test speichern',
  save: 'Speichern',
};
