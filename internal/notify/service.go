package notify

import (
	"context"
	"fmt"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/live"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// Options is what a Service needs.
type Options struct {
	DB        *sqldb.DB
	Keys      *secret.Keyring
	Now       func() time.Time
	Hub       *live.Hub // nil: open pages are not told
	Catalogue *i18n.Catalogue
	Location  *time.Location // of the region; nil is UTC
	PublicURL string         // of the portal, without a slash at the end, for links in letters

	// Contacts tells where an account is reached.
	Contacts func(ctx context.Context, account string) (Contact, error)
	// Reach tells in tx by which channels an account is reached, so that no work
	// is left for those by which it is not. Nil: it is found out while sending.
	Reach func(ctx context.Context, tx *sqldb.DB, account string) (mail, sms bool, err error)
	// Mail and SMS hand a message to the partner: nil when there is none. The
	// same ID again is the same message again. What is refused for good wraps
	// ErrRefused. They must not be called with the database locked.
	Mail func(ctx context.Context, m Message) error
	SMS  func(ctx context.Context, id, to, text string) error
}

// Service is the notices of all people.
type Service struct {
	opt Options
	db  *sqldb.DB
	now func() time.Time
}

// New returns a Service.
func New(opt Options) *Service {
	if opt.Location == nil {
		opt.Location = time.UTC
	}
	return &Service{opt: opt, db: opt.DB, now: opt.Now}
}

// signal is the topic on which processes hear of notices.
const signal = "notice"

// Send adds a notice in tx: to the feed, to what is to be sent, and to what
// open pages are told once tx is durable. A notice of the same key is left as
// it is.
func (s *Service) Send(ctx context.Context, tx *sqldb.DB, n Notice) error {
	if err := n.check(); err != nil {
		return fmt.Errorf("sending notice %s: %w", n.Key, err)
	}
	if n.Level == "" {
		n.Level = Info
	}
	args, err := packArgs(n.Args)
	if err != nil {
		return fmt.Errorf("sending notice %s: %w", n.Key, err)
	}
	sealed, err := s.opt.Keys.SealJSON("notice", "content", n.Owner, content{n.Title, n.Text, args, n.Link, n.Level, n.SMS, n.ServiceTitle})
	if err != nil {
		return fmt.Errorf("sending notice %s: %w", n.Key, err)
	}
	notice := id.New()
	if fresh, err := insertNotice(ctx, tx, n, notice, s.now(), sealed); err != nil || !fresh {
		return wrap(err, "sending notice %s", n.Key)
	}
	deliver, err := s.deliverable(ctx, tx, n)
	if err != nil {
		return fmt.Errorf("sending notice %s: %w", n.Key, err)
	}
	if deliver {
		if err := jobs.Add(ctx, tx, deliverJob{n.Owner, notice}); err != nil {
			return fmt.Errorf("sending notice %s: %w", n.Key, err)
		}
	}
	return tx.Signal(ctx, signal, n.Owner+" "+notice)
}

// deliverable reports whether there is a message to send besides the feed.
func (s *Service) deliverable(ctx context.Context, tx *sqldb.DB, n Notice) (bool, error) {
	mail, sms := s.opt.Mail != nil, s.opt.SMS != nil && n.SMS
	if n.Quiet || !mail && !sms || s.opt.Reach == nil {
		return !n.Quiet && (mail || sms), nil
	}
	hasMail, hasSMS, err := s.opt.Reach(ctx, tx, n.Owner)
	return mail && hasMail || sms && hasSMS, err
}

func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}

// Unread returns how many notices the account has not read; 100 stands for 100
// and more.
func (s *Service) Unread(ctx context.Context, account string) (int, error) {
	n, err := countUnread(ctx, s.db, account)
	return n, wrap(err, "counting unread notices")
}

// Feed is a page of notices, newest first.
type Feed struct {
	Items []Item
	Next  string // what to ask for the next page with; "" when this is the last
}

// Feed returns the page that begins after before: "" for the newest.
func (s *Service) Feed(ctx context.Context, account string, f Filter, before string, limit int) (feed Feed, err error) {
	query, args := feedQuery(account, f, before, limit+1)
	rows, err := sqldb.All(ctx, s.db, scanRow, query, args...)
	if err != nil {
		return feed, fmt.Errorf("listing notices: %w", err)
	}
	for i := range rows {
		if i == limit {
			feed.Next = feed.Items[limit-1].ID
			break
		}
		if err := rows[i].open(s.opt.Keys, account); err != nil {
			return feed, err
		}
		feed.Items = append(feed.Items, rows[i].Item)
	}
	return feed, nil
}

// Latest returns the newest notices, at most limit, for pages that show a few.
func (s *Service) Latest(ctx context.Context, account string, limit int) ([]Item, error) {
	feed, err := s.Feed(ctx, account, Filter{}, "", limit)
	return feed.Items, err
}

// Notice returns one notice. It returns ErrNoNotice.
func (s *Service) Notice(ctx context.Context, account, id string) (Item, error) {
	n, err := s.notice(ctx, account, id)
	if err == nil && n.deleted {
		err = ErrNoNotice
	}
	return n.Item, err
}

// notice is Notice for deleted ones too.
func (s *Service) notice(ctx context.Context, account, id string) (row, error) {
	n, err := noticeByID(ctx, s.db, account, id)
	if err == nil {
		err = n.open(s.opt.Keys, account)
	}
	return n, wrap(err, "reading a notice")
}

// MarkRead marks a notice as read. It returns ErrNoNotice.
func (s *Service) MarkRead(ctx context.Context, account, id string) error {
	return s.change(ctx, account, func(tx *sqldb.DB) (bool, error) { return setRead(ctx, tx, account, id, s.now()) })
}

// MarkUnread makes a notice look new again. It returns ErrNoNotice.
func (s *Service) MarkUnread(ctx context.Context, account, id string) error {
	return s.change(ctx, account, func(tx *sqldb.DB) (bool, error) { return setRead(ctx, tx, account, id, time.Time{}) })
}

// Delete hides a notice. It returns ErrNoNotice.
func (s *Service) Delete(ctx context.Context, account, id string) error {
	return s.change(ctx, account, func(tx *sqldb.DB) (bool, error) { return setDeleted(ctx, tx, account, id, s.now()) })
}

// Restore brings a deleted notice back. It returns ErrNoNotice.
func (s *Service) Restore(ctx context.Context, account, id string) error {
	return s.change(ctx, account, func(tx *sqldb.DB) (bool, error) { return setDeleted(ctx, tx, account, id, time.Time{}) })
}

// MarkAllRead marks as read the notices up to the one that was the newest when
// the person looked; newer ones, which they have not seen, stay as they are. It
// returns ErrNoNotice.
func (s *Service) MarkAllRead(ctx context.Context, account, newest string) error {
	return s.change(ctx, account, func(tx *sqldb.DB) (bool, error) {
		n, err := noticeByID(ctx, tx, account, newest)
		if err != nil {
			return false, err
		}
		return true, setAllRead(ctx, tx, account, n.ID, s.now())
	})
}

// change runs f in a transaction, and then has the account's pages show the new
// number of unread notices.
func (s *Service) change(ctx context.Context, account string, f func(tx *sqldb.DB) (found bool, err error)) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		found, err := f(tx)
		if err != nil {
			return fmt.Errorf("changing notices: %w", err)
		}
		if !found {
			return ErrNoNotice
		}
		return tx.Signal(ctx, signal, account+" ")
	})
}

// History is a page of what was sent, newest first.
type History struct {
	Records []Record
	Next    string // "" when this is the last page
}

// History returns the page that begins after before: "" for the newest. It
// shows deleted notices too: they were sent all the same.
func (s *Service) History(ctx context.Context, account, before string, limit int) (h History, err error) {
	query, args := historyQuery(account, before, limit+1)
	rows, err := sqldb.All(ctx, s.db, scanSent, query, args...)
	if err != nil {
		return h, fmt.Errorf("listing sent messages: %w", err)
	}
	for i := range rows {
		r := &rows[i]
		n := len(h.Records)
		if n == 0 || h.Records[n-1].ID != r.ID {
			if n == limit {
				h.Next = h.Records[n-1].ID
				break
			}
			if err := r.open(s.opt.Keys, account); err != nil {
				return h, err
			}
			h.Records, n = append(h.Records, Record{Item: r.Item}), n+1
		}
		if r.Channel == "" {
			continue
		}
		if r.To, err = s.opt.Keys.OpenString("delivery", "target", account, r.target); err != nil {
			return h, fmt.Errorf("message of notice %s: %w", r.ID, err)
		}
		h.Records[n-1].Deliveries = append(h.Records[n-1].Deliveries, r.Delivery)
	}
	return h, nil
}

// reader returns a context in which texts come in lang.
func (s *Service) reader(ctx context.Context, lang i18n.Lang) context.Context {
	return s.opt.Catalogue.With(ctx, lang, s.opt.Location, s.now())
}
