export const whatif = {
  file: 'File',
  fileDescription: 'Its whole path; leave it empty to choose it',
  cancel: 'Cancel',
  chooseFile: 'Choose a file',
  openTitle: 'Open a what-if',
  open: 'Open',
  saveTitle: 'Save the what-if',
  saveTestTitle: 'Save the test',
  save: 'Save',
} as const;
