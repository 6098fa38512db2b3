// Runs before the first paint so that a dark page never flashes white; a file of its own because inline scripts are refused by the CSP.
(() => {
  const root = document.documentElement;
  let stored = null;
  try {
    stored = localStorage.getItem('piper.theme');
  } catch {
    // Storage may be switched off; the system's choice serves then.
  }
  const dark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.classList.toggle('dark', dark);
  root.dataset.theme = dark ? 'dark' : 'light';
})();
