package account

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"strconv"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// A warning goes to every contact that an account had before something changed
// that an intruder would change, and carries a link by which the holder undoes
// it without signing in.

// Kinds of warnings of this package. Each has the texts account.warn_KIND (what
// happened), account.undo_KIND (what the link does) and account.undone_KIND.
const (
	warnAdded     = "contact_new"
	warnRemoved   = "contact_gone"
	warnMain      = "contact_main"
	warnRecovered = "recovered"
)

// undoLife is how long a change can be undone by the link in a warning.
const undoLife = 7 * 24 * time.Hour

type warning struct {
	account, id, kind string
	object            string // of another feature: what the warning is about
	data              warningData
	secret            []byte // hash of what the link carries
	until             time.Time
	ended             time.Time // when it was undone; zero: it may be
}

// warningData is sealed.
type warningData struct {
	To      []Login
	About   Login  `json:",omitzero"` // the contact that changed
	Contact string `json:",omitempty"`
	Role    string `json:",omitempty"`
	Secret  string // what the link carries
}

// Warning is one of another feature: something that waits for a while so that
// the holder can stop it.
type Warning struct {
	Account string
	Kind    string // its texts are account.warn_KIND and so on
	Object  string // what Undo is called with
	Until   time.Time
}

// Undo stops what a warning was about, in tx.
type Undo func(ctx context.Context, tx *sqldb.DB, account, object string) error

// OnUndo names who stops what warnings of a kind are about. It is called while
// the portal is put together.
func (s *Service) OnUndo(kind string, undo Undo) { s.undo[kind] = undo }

// Warn tells every confirmed contact of an account of what is going to happen,
// with a link that stops it.
func (s *Service) Warn(ctx context.Context, tx *sqldb.DB, w Warning) error {
	all, err := contactsOf(ctx, tx, s.keys, w.Account)
	if err != nil {
		return fmt.Errorf("warning: %w", err)
	}
	return s.warn(ctx, tx, warning{account: w.Account, kind: w.Kind, object: w.Object, until: w.Until, data: warningData{To: logins(confirmedOnes(all))}})
}

func logins(all []contact) []Login {
	list := make([]Login, len(all))
	for i, c := range all {
		list[i] = Login{c.kind, c.value}
	}
	return list
}

func (s *Service) warn(ctx context.Context, tx *sqldb.DB, w warning) error {
	w.id, w.data.Secret = id.New(), id.Secret()
	w.secret = digest(w.data.Secret)
	if w.until.IsZero() {
		w.until = s.now().Add(undoLife)
	}
	if err := insertWarning(ctx, tx, s.keys, w); err != nil {
		return fmt.Errorf("warning: %w", err)
	}
	n := notify.Notice{Owner: w.account, Key: "account/warning/" + w.id, Level: notify.Warning, Quiet: true, Title: "account.warn_" + w.kind}
	if w.kind == warnRecovered {
		n.Text, n.Args = "account.notice_recovered_text", []any{"at", notify.Moment{Time: s.now()}}
	}
	if err := s.tell(ctx, tx, n); err != nil {
		return err
	}
	for i := range w.data.To {
		if err := jobs.Add(ctx, tx, sendWarning{w.account, w.id, i}); err != nil {
			return fmt.Errorf("warning: %w", err)
		}
	}
	return nil
}

// sendWarning sends a warning to one of its contacts.
type sendWarning struct {
	Account, Warning string
	To               int // which of them
}

// Kind implements jobs.Args.
func (sendWarning) Kind() string { return "account.send_warning" }

func (s *Service) sendWarning(ctx context.Context, j jobs.Job[sendWarning]) error {
	w, err := warningByID(ctx, s.db, s.keys, j.Args.Account, j.Args.Warning, "")
	if errors.Is(err, ErrLink) {
		return nil
	}
	if err != nil {
		return err
	}
	if j.Args.To >= len(w.data.To) {
		return nil
	}
	a, err := accountByID(ctx, s.db, w.account)
	if errors.Is(err, ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	to, url := w.data.To[j.Args.To], s.publicURL+w.path()
	key := "account.warn_" + w.kind
	messageID := "warning-" + w.id + "-" + strconv.Itoa(j.Args.To)
	if to.Kind == Email {
		if s.mail == nil {
			return nil
		}
		text := s.say(ctx, a.Lang, "account.warn_mail", "what", s.say(ctx, a.Lang, key), "about", mask(w.data.About), "at", s.moment(ctx, a.Lang), "url", url)
		err = s.mail(ctx, notify.Message{ID: messageID, To: to.Value, Subject: s.say(ctx, a.Lang, key), Text: text})
	} else {
		err = s.sms(ctx, messageID, to.Value, s.say(ctx, a.Lang, "account.warn_sms", "what", s.say(ctx, a.Lang, key), "url", url))
	}
	if err != nil && !errors.Is(err, notify.ErrRefused) {
		return fmt.Errorf("sending warning %s: %w", w.id, err)
	}
	return nil
}

// moment is now as the holder reads it.
func (s *Service) moment(ctx context.Context, lang string) string {
	return i18n.When(s.texts.With(ctx, i18n.Lang(lang), s.location, s.now()), s.now())
}

// mask hides all of a contact but what its holder recognises it by; "" of none.
func mask(l Login) string {
	switch l.Kind {
	case Phone:
		return i18n.MaskPhone(l.Value)
	case Email:
		return i18n.MaskEmail(l.Value)
	}
	return ""
}

func (w warning) path() string { return "/undo/" + w.account + "/" + w.id + "/" + w.data.Secret }

// Undoable is what the page of a link in a warning shows.
type Undoable struct {
	Kind  string
	About string // the contact that changed, masked; "" for none
}

// CheckUndo returns what a link in a warning is about, without undoing it, or
// ErrLink.
func (s *Service) CheckUndo(ctx context.Context, account, warningID, secret string) (Undoable, error) {
	w, err := s.undoable(ctx, s.db, account, warningID, secret, "")
	return Undoable{w.kind, mask(w.data.About)}, err
}

func (s *Service) undoable(ctx context.Context, db *sqldb.DB, account, warningID, secret, lock string) (warning, error) {
	if !id.Valid(account) || !id.Valid(warningID) || !id.Valid(secret) {
		return warning{}, ErrLink
	}
	w, err := warningByID(ctx, db, s.keys, account, warningID, lock)
	if err != nil {
		return w, err
	}
	if !hmac.Equal(w.secret, digest(secret)) || !w.ended.IsZero() || !s.now().Before(w.until) {
		return w, ErrLink
	}
	return w, nil
}

// UndoWarned undoes what a warning was about. After a change in the account it
// also ends every session, trusts no device any more and makes the password
// useless, which whoever made the change knew: the holder chooses another one
// by a recovery. It returns ErrLink.
func (s *Service) UndoWarned(ctx context.Context, account, warningID, secret string) (Undoable, error) {
	var w warning
	err := s.db.Tx(ctx, func(tx *sqldb.DB) (err error) {
		if w, err = s.undoable(ctx, tx, account, warningID, secret, tx.ForUpdate()); err != nil {
			return err
		}
		if err := endWarning(ctx, tx, account, w.id, s.now()); err != nil {
			return err
		}
		if undo := s.undo[w.kind]; undo != nil {
			err = undo(ctx, tx, account, w.object)
		} else if err = s.undoContact(ctx, tx, w); err == nil {
			err = s.shutOut(ctx, tx, account)
		}
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, notify.Notice{Owner: account, Key: "account/undone/" + w.id, Level: notify.Warning, SMS: true, Title: "account.undone_" + w.kind}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: person(account), Act: "account.audit_undone", Reason: "account.warn_" + w.kind})
	})
	if err != nil && !errors.Is(err, ErrLink) {
		return Undoable{}, fmt.Errorf("undoing: %w", err)
	}
	return Undoable{w.kind, mask(w.data.About)}, err
}

// undoContact puts the contacts back as they were.
func (s *Service) undoContact(ctx context.Context, tx *sqldb.DB, w warning) error {
	all, err := contactsOf(ctx, tx, s.keys, w.account)
	if err != nil {
		return err
	}
	there := confirmedBy(all, w.data.Contact)
	switch w.kind {
	case warnAdded:
		if there.id == "" {
			return nil
		}
		return s.takeContact(ctx, tx, w.account, there)
	case warnRemoved:
		free, err := claimIdentifier(ctx, tx, s.keys, w.data.About, w.account)
		if err != nil || !free || there.id != "" {
			return err // of another account by now, or back already
		}
		there = contact{kind: w.data.About.Kind, id: w.data.Contact, value: w.data.About.Value, confirmed: s.now()}
		if err := insertContact(ctx, tx, s.keys, w.account, there); err != nil {
			return err
		}
		if w.data.Role != roleMain {
			return nil
		}
	case warnMain:
		if there.id == "" {
			return nil
		}
	default:
		return nil
	}
	if main := mainContact(all, there.kind); main.id != "" {
		if err := setRole(ctx, tx, w.account, main.id, ""); err != nil {
			return err
		}
	}
	return setRole(ctx, tx, w.account, there.id, roleMain)
}

// shutOut has nobody get in before a recovery.
func (s *Service) shutOut(ctx context.Context, tx *sqldb.DB, account string) error {
	if err := setPassword(ctx, tx, account, "", s.now()); err != nil {
		return err
	}
	if err := deleteDevices(ctx, tx, account); err != nil {
		return err
	}
	// Whoever made the change may have left a way in of their own, a while before.
	if err := dropFactorsSince(ctx, tx, account, s.now().Add(-undoLife-24*time.Hour)); err != nil {
		return err
	}
	return s.endAll(ctx, tx, account, "", "account.session_ended")
}
