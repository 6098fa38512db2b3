import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { TypedInput } from '../typed-input.tsx';

function UrlInput(props: InputProps) {
  return <TypedInput {...props} native={{ type: 'url', placeholder: 'https://' }} />;
}

function UrlCell({ value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <span className="truncate">{String(value).replace(/^https?:\/\//, '')}</span>;
}

/** Only what the server takes as an address becomes a link: a value from elsewhere could be a script. */
function UrlView({ value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  const address = String(value);
  if (!/^(?:https?:\/\/|mailto:|tel:)/i.test(address)) return <span className="break-all">{address}</span>;
  return (
    <a href={address} target="_blank" rel="noreferrer noopener" className="text-link break-all">
      {address}
    </a>
  );
}

export const url: FieldUi = { name: 'url', Input: UrlInput, Cell: UrlCell, View: UrlView, parse: (typed) => typed.trim() };
