// Dark, light, or as the system has it; kept in the browser.
export type Theme = 'system' | 'light' | 'dark';

const kKey = 'assay.theme';

export function storedTheme(): Theme {
  const value = readStored(kKey);
  return value === 'light' || value === 'dark' ? value : 'system';
}

export function applyTheme(theme: Theme = storedTheme()): void {
  if (theme === 'system') {
    delete document.documentElement.dataset['theme'];
  } else {
    document.documentElement.dataset['theme'] = theme;
  }
}

export function storeTheme(theme: Theme): void {
  writeStored(kKey, theme === 'system' ? '' : theme);
  applyTheme(theme);
}

/** Storage may be forbidden; then nothing is kept. */
export function readStored(key: string): string {
  try {
    return localStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

/** Empty: forgets it. */
export function writeStored(key: string, value: string): void {
  try {
    if (value) {
      localStorage.setItem(key, value);
    } else {
      localStorage.removeItem(key);
    }
  } catch {
    // Not kept.
  }
}
