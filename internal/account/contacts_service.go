package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// PurposeContact is the purpose of codes that confirm a contact; their object is
// contactObject.
const PurposeContact = "account.contact"

func contactObject(contactID string) string { return "contact/" + contactID }

// Contact is a phone or address of an account.
type Contact struct {
	ID        string
	Kind      Kind
	Value     string
	Confirmed bool
	Main      bool      // codes and notices go to it
	Reserve   bool      // serves to get back in
	ResendAt  time.Time // when a new code may be asked for; zero: none was sent
}

// ContactBook is how an account's holder is reached.
type ContactBook struct {
	Contacts []Contact
	Other    string    // where else, in the person's words; "" for nowhere
	Checked  time.Time // when the holder last said that all is right; zero: never
}

// ContactsOf returns the phones and addresses of the account, the main ones
// first.
func (s *Service) ContactsOf(ctx context.Context, account string) ([]Contact, error) {
	all, err := contactsOf(ctx, s.db, s.keys, account)
	if err != nil {
		return nil, fmt.Errorf("reading contacts: %w", err)
	}
	list := make([]Contact, 0, len(all))
	for _, main := range []bool{true, false} {
		for _, c := range all {
			if is := c.id == mainContact(all, c.kind).id; is == main {
				list = append(list, Contact{ID: c.id, Kind: c.kind, Value: c.value, Confirmed: !c.confirmed.IsZero(), Main: is, Reserve: c.role == roleReserve && !is})
			}
		}
	}
	return list, nil
}

// ContactBook returns what the page of contacts shows.
func (s *Service) ContactBook(ctx context.Context, account string) (r ContactBook, err error) {
	if r.Contacts, err = s.ContactsOf(ctx, account); err != nil {
		return r, err
	}
	for i, c := range r.Contacts {
		if c.Confirmed {
			continue
		}
		last, err := latestCode(ctx, s.db, account, PurposeContact, contactObject(c.ID))
		if err != nil {
			return r, fmt.Errorf("reading contacts: %w", err)
		}
		if last.id != "" && last.usable(s.now()) == nil {
			r.Contacts[i].ResendAt = last.resendAt()
		}
	}
	r.Other, r.Checked, err = notedOf(ctx, s.db, s.keys, account)
	if err != nil {
		return r, fmt.Errorf("reading contacts: %w", err)
	}
	return r, nil
}

// AddContacts sends a code to each of the contacts that the account has not
// confirmed yet: a phone, an address, or both. Nothing changes before a code
// comes back. A contact of another account is told so by a message there, and
// the page learns nothing. It returns ErrContacts and limit.ErrTooMany.
func (s *Service) AddContacts(ctx context.Context, c Client, account, session string, logins ...Login) error {
	for _, l := range logins {
		if err := s.allowSending(ctx, c, l); err != nil {
			return err
		}
	}
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		for _, l := range logins {
			if err := s.addContact(ctx, tx, account, session, l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("adding contacts: %w", err)
	}
	return nil
}

func (s *Service) addContact(ctx context.Context, tx *sqldb.DB, account, session string, l Login) error {
	if err := lockContacts(ctx, tx, account); err != nil {
		return err
	}
	all, err := contactsOf(ctx, tx, s.keys, account)
	if err != nil {
		return err
	}
	n := 0
	for _, c := range all {
		if c.kind != l.Kind {
			continue
		}
		n++
		if c.value == l.Value && !c.confirmed.IsZero() {
			return nil // it is there already
		}
		if c.value == l.Value {
			return s.startContactCode(ctx, tx, account, c)
		}
	}
	if n >= contactsMax {
		return ErrContacts
	}
	c := contact{kind: l.Kind, id: id.New(), value: l.Value}
	if err := insertContact(ctx, tx, s.keys, account, c); err != nil {
		return err
	}
	if err := s.startContactCode(ctx, tx, account, c); err != nil {
		return err
	}
	return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session), Act: "account.audit_contact_added", Object: contactObject(c.id)})
}

// lockContacts has changes of an account's contacts come one after another.
func lockContacts(ctx context.Context, tx *sqldb.DB, account string) error {
	return tx.Lock(ctx, "account contacts/"+account)
}

// startContactCode plans the sending of a code to a contact that waits for it;
// the code before stops working. One of another account gets no code that fits.
func (s *Service) startContactCode(ctx context.Context, tx *sqldb.DB, account string, to contact) error {
	last, err := latestCode(ctx, tx, account, PurposeContact, contactObject(to.id))
	if err != nil {
		return err
	}
	if last.id != "" && last.used.IsZero() && last.usable(s.now()) == nil {
		if last.mayResend(s.now()) != nil {
			return nil //nolint:nilerr // it is too early for another, and the last one serves
		}
		if err := useCode(ctx, tx, account, last.id, s.now()); err != nil {
			return err
		}
	}
	owner, err := accountOf(ctx, tx, s.keys, Login{to.kind, to.value})
	if err != nil {
		return err
	}
	c := code{account: account, id: id.New(), purpose: PurposeContact, object: contactObject(to.id)}
	digits := randomDigits(CodeDigits)
	c.hash = s.codeHash(c.id, digits)
	if owner != "" && owner != account {
		c.hash = digest(id.Secret())
	}
	c.code = s.keys.SealString("account_code", "code", account, digits)
	c.sent, c.until = s.now(), s.now().Add(codeLife(to.kind))
	if err := insertCode(ctx, tx, c); err != nil {
		return err
	}
	return jobs.Add(ctx, tx, sendContactCode{account, c.id})
}

// ResendContact sends a new code to a contact that waits for it. It returns
// ErrContact, ErrTooSoon and limit.ErrTooMany.
func (s *Service) ResendContact(ctx context.Context, c Client, account, contactID string) error {
	waiting, err := s.contact(ctx, s.db, account, contactID)
	if err != nil {
		return err
	}
	if !waiting.confirmed.IsZero() {
		return ErrContact
	}
	last, err := latestCode(ctx, s.db, account, PurposeContact, contactObject(contactID))
	if err != nil {
		return fmt.Errorf("sending a code to a contact: %w", err)
	}
	if last.id != "" {
		if err := last.mayResend(s.now()); err != nil {
			return err
		}
	}
	return s.AddContacts(ctx, c, account, "", Login{waiting.kind, waiting.value})
}

// contact returns one contact of the account, or ErrContact.
func (s *Service) contact(ctx context.Context, db *sqldb.DB, account, contactID string) (contact, error) {
	all, err := contactsOf(ctx, db, s.keys, account)
	if err != nil {
		return contact{}, fmt.Errorf("reading contacts: %w", err)
	}
	for _, c := range all {
		if c.id == contactID {
			return c, nil
		}
	}
	return contact{}, ErrContact
}

// ConfirmContact takes the code that came to a contact: from then on it serves
// to sign in and is the main one when there was none of its kind. The holders of
// the contacts before are told. It returns ErrContact, ErrCodeOver or a
// *WrongCode.
func (s *Service) ConfirmContact(ctx context.Context, account, session, contactID, typed string) error {
	last, err := latestCode(ctx, s.db, account, PurposeContact, contactObject(contactID))
	if err != nil {
		return fmt.Errorf("confirming a contact: %w", err)
	}
	if last.id == "" {
		return ErrCodeOver
	}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := s.CheckCode(ctx, tx, account, last.id, PurposeContact, contactObject(contactID), typed); err != nil {
			return err
		}
		return s.confirmContact(ctx, tx, account, session, contactID)
	})
	if errors.Is(err, ErrTaken) { // somebody was quicker: the page must not tell
		err = ErrCodeOver
	}
	return s.MissCode(ctx, account, last.id, err)
}

// confirmContact makes a proved contact the account's. It returns ErrContact
// and ErrTaken.
func (s *Service) confirmContact(ctx context.Context, tx *sqldb.DB, account, session, contactID string) error {
	if err := lockContacts(ctx, tx, account); err != nil {
		return err
	}
	c, err := s.contact(ctx, tx, account, contactID)
	if err != nil {
		return err
	}
	before, err := contactsOf(ctx, tx, s.keys, account)
	if err != nil {
		return err
	}
	free, err := claimIdentifier(ctx, tx, s.keys, Login{c.kind, c.value}, account)
	if err != nil {
		return err
	}
	if !free {
		return ErrTaken
	}
	if err := confirmContact(ctx, tx, account, c.kind, c.id, s.now()); err != nil {
		return err
	}
	if mainContact(before, c.kind).id == "" {
		if err := setRole(ctx, tx, account, c.id, roleMain); err != nil {
			return err
		}
	}
	return s.contactChanged(ctx, tx, account, session, contactChange{act: warnAdded, contact: c, told: confirmedOnes(before)})
}

// MakeMain has codes and notices go to a confirmed contact from now on. It
// returns ErrContact.
func (s *Service) MakeMain(ctx context.Context, account, session, contactID string) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := lockContacts(ctx, tx, account); err != nil {
			return err
		}
		all, err := contactsOf(ctx, tx, s.keys, account)
		if err != nil {
			return err
		}
		c := confirmedBy(all, contactID)
		if c.id == "" {
			return ErrContact
		}
		main := mainContact(all, c.kind)
		if main.id == c.id {
			return nil
		}
		if err := setRole(ctx, tx, account, main.id, ""); err != nil {
			return err
		}
		if err := setRole(ctx, tx, account, c.id, roleMain); err != nil {
			return err
		}
		return s.contactChanged(ctx, tx, account, session, contactChange{act: warnMain, contact: main, told: confirmedOnes(all)})
	})
	if err != nil {
		return fmt.Errorf("making a contact the main one: %w", err)
	}
	return nil
}

// Reserve keeps a confirmed phone for getting back in, or no more: then it is
// one of several. It returns ErrContact and ErrReserve.
func (s *Service) Reserve(ctx context.Context, account, session, contactID string, on bool) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		all, err := contactsOf(ctx, tx, s.keys, account)
		if err != nil {
			return err
		}
		c := confirmedBy(all, contactID)
		switch {
		case c.id == "":
			return ErrContact
		case c.kind != Phone || mainContact(all, Phone).id == c.id:
			return ErrReserve
		case on == (c.role == roleReserve):
			return nil
		}
		role, act := "", "account.audit_contact_plain"
		if on {
			role, act = roleReserve, "account.audit_contact_reserve"
		}
		if err := setRole(ctx, tx, account, c.id, role); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session), Act: act, Object: contactObject(c.id)})
	})
	if err != nil {
		return fmt.Errorf("setting a reserve: %w", err)
	}
	return nil
}

// RemoveContact takes a contact away. The last confirmed one of its kind stays:
// another must be confirmed first. Whoever has the removed contact is told, too.
// It returns ErrContact and ErrLastContact.
func (s *Service) RemoveContact(ctx context.Context, account, session, contactID string) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := lockContacts(ctx, tx, account); err != nil {
			return err
		}
		all, err := contactsOf(ctx, tx, s.keys, account)
		if err != nil {
			return err
		}
		var gone contact
		for _, c := range all {
			if c.id == contactID {
				gone = c
			}
		}
		if gone.id == "" {
			return ErrContact
		}
		if gone.confirmed.IsZero() {
			return deleteContact(ctx, tx, account, gone.kind, gone.id)
		}
		if left(all, gone) == 0 {
			return ErrLastContact
		}
		return s.dropContact(ctx, tx, account, session, all, gone)
	})
	if err != nil {
		return fmt.Errorf("removing a contact: %w", err)
	}
	return nil
}

// left returns how many confirmed contacts of the same kind stay without c.
func left(all []contact, c contact) (n int) {
	for _, other := range confirmedOnes(all) {
		if other.kind == c.kind && other.id != c.id {
			n++
		}
	}
	return n
}

func (s *Service) dropContact(ctx context.Context, tx *sqldb.DB, account, session string, all []contact, gone contact) error {
	wasMain := mainContact(all, gone.kind).id == gone.id
	if err := s.takeContact(ctx, tx, account, gone); err != nil {
		return err
	}
	if wasMain {
		rest, err := contactsOf(ctx, tx, s.keys, account)
		if err != nil {
			return err
		}
		if err := setRole(ctx, tx, account, mainContact(rest, gone.kind).id, roleMain); err != nil {
			return err
		}
		gone.role = roleMain
	}
	return s.contactChanged(ctx, tx, account, session, contactChange{act: warnRemoved, contact: gone, told: confirmedOnes(all)})
}

// takeContact deletes a contact with what finds the account by it.
func (s *Service) takeContact(ctx context.Context, tx *sqldb.DB, account string, c contact) error {
	if err := releaseIdentifier(ctx, tx, s.keys, Login{c.kind, c.value}, account); err != nil {
		return err
	}
	return deleteContact(ctx, tx, account, c.kind, c.id)
}

func confirmedBy(all []contact, contactID string) contact {
	for _, c := range confirmedOnes(all) {
		if c.id == contactID {
			return c
		}
	}
	return contact{}
}

// contactChange is what happened to a contact, and who is warned of it.
type contactChange struct {
	act     string    // kind of the warning
	contact contact   // added, removed, or main before
	told    []contact // the contacts before
}

// contactChanged writes down a change, warns the contacts before and puts off
// the question whether the contacts are right.
func (s *Service) contactChanged(ctx context.Context, tx *sqldb.DB, account, session string, ch contactChange) error {
	if err := sawContacts(ctx, tx, account, s.now(), s.now().Add(askEvery)); err != nil {
		return err
	}
	by := actor(account, session)
	if err := audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: by, Act: "account.audit_" + ch.act, Object: contactObject(ch.contact.id)}); err != nil {
		return err
	}
	to := make([]Login, 0, len(ch.told))
	for _, c := range ch.told {
		to = append(to, Login{c.kind, c.value})
	}
	return s.warn(ctx, tx, warning{account: account, kind: ch.act, data: warningData{To: to, About: Login{ch.contact.kind, ch.contact.value}, Contact: ch.contact.id, Role: ch.contact.role}})
}

// SetOther keeps where else the person is reached, for support: "" for nowhere.
func (s *Service) SetOther(ctx context.Context, account, session, other string) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := setOther(ctx, tx, s.keys, account, other); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session), Act: "account.audit_contact_other"})
	})
	if err != nil {
		return fmt.Errorf("keeping another contact: %w", err)
	}
	return nil
}

// ContactsAreRight notes that the holder looked at the contacts and found them
// right, or, with later, that the question was put off.
func (s *Service) ContactsAreRight(ctx context.Context, account, session string, later bool) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if later {
			return askContacts(ctx, tx, account, s.now().Add(askLater))
		}
		if err := sawContacts(ctx, tx, account, s.now(), s.now().Add(askEvery)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session), Act: "account.audit_contacts_right"})
	})
	if err != nil {
		return fmt.Errorf("noting contacts: %w", err)
	}
	return nil
}
