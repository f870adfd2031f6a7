import { mount } from './app/mount';
import { tauriPlatform } from './platform/tauri';

mount(tauriPlatform);
