/** The icon a definition names. Only those in use are part of the app; another name gets the table. */
import {
  Activity,
  FolderKanban,
  Footprints,
  History,
  KeyRound,
  MailPlus,
  MessageSquareText,
  MessagesSquare,
  MonitorSmartphone,
  Paperclip,
  Plug,
  Radio,
  ScrollText,
  Table2,
  UserRound,
  UserRoundCheck,
  UsersRound,
  type LucideIcon,
} from 'lucide-react';

const icons: Record<string, LucideIcon> = {
  activity: Activity,
  'folder-kanban': FolderKanban,
  footprints: Footprints,
  history: History,
  'key-round': KeyRound,
  'mail-plus': MailPlus,
  'message-square-text': MessageSquareText,
  'messages-square': MessagesSquare,
  'monitor-smartphone': MonitorSmartphone,
  paperclip: Paperclip,
  plug: Plug,
  radio: Radio,
  'scroll-text': ScrollText,
  'user-round': UserRound,
  'user-round-check': UserRoundCheck,
  users: UsersRound,
  'users-round': UsersRound,
};

export function ModelIcon({ name }: { name: string }) {
  const Icon = icons[name] ?? Table2;
  return <Icon size={18} className="mt-0.5 shrink-0 text-muted" aria-hidden />;
}
