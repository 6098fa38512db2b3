import { Link } from '@tanstack/react-router';

export function Brand() {
  return (
    <Link to="/" className="flex items-center gap-2 rounded-lg px-1.5 py-1 text-[0.95rem] font-semibold tracking-tight">
      <img src="/icon.svg" alt="" width={22} height={22} />
      Piper
    </Link>
  );
}
