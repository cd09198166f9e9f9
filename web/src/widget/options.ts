/** As on the wire. */
export type Status = 'processing' | 'dispute' | 'error' | 'success' | 'decline';

export type Options = {
  /** `integration.form_url` of the create's answer. */
  url: string;
  /** At once, and at every change; of a tab too, where the project allows this page's origin. */
  onStatus?: (status: Status) => void;
  /** Once, whoever closed it. The payment goes on: ask your server how it stands. */
  onClose?: () => void;
  /** A tab instead of a frame. Browsers allow it only right after a click. */
  tab?: boolean;
  /** Of the frame's few words; by default the document's. */
  language?: string;
};

export type Opened = { close(): void };
