/** Where there is no value. */
export function Blank() {
  return (
    <span className="text-muted" aria-label="none">
      –
    </span>
  );
}
