package account

import (
	"time"

	"kabinet/internal/platform/fault"
)

// Parts that a contact plays; "" is one of several.
const (
	roleMain    = "main"    // codes and notices go to it
	roleReserve = "reserve" // serves to get back in; nothing else is sent there
)

const (
	// contactsMax is how many phones, and how many addresses, an account has at
	// most, those that wait for their code included.
	contactsMax = 5
	// askEvery is how often a person is asked whether the contacts are right.
	askEvery = 182 * 24 * time.Hour
	// askLater is how long the question stays away when it was put off.
	askLater = 14 * 24 * time.Hour
)

var (
	// ErrContact is returned for a contact that the account does not have.
	ErrContact = fault.New(fault.NotFound, "account.no_contact")
	// ErrContacts is returned when there are contactsMax of a kind already.
	ErrContacts = fault.New(fault.Conflict, "account.contacts_full")
	// ErrLastContact is returned for removing the last confirmed contact: nobody
	// could get in any more, or be told of anything.
	ErrLastContact = fault.New(fault.Conflict, "account.contact_last")
	// ErrUnreached is returned for what opens only when both a phone and an
	// address are confirmed.
	ErrUnreached = fault.New(fault.Forbidden, "account.unreached")
	// ErrReserve is returned for a reserve that is no phone, or is the main one.
	ErrReserve = fault.New(fault.Conflict, "account.contact_reserve")
)

// Opens is the level that counts for services: until both a phone and an
// address are confirmed, nothing opens that is closed to the Simplified level.
// Source.
func (a Account) Opens() Level {
	if a.Phone && a.Email {
		return a.Level
	}
	return Simplified
}

// AskContacts reports whether it is time to ask the person whether the contacts
// are right.
func (a Account) AskContacts(now time.Time) bool {
	at := a.askAt
	if at.IsZero() {
		at = a.Created.Add(askEvery)
	}
	return !now.Before(at)
}

// mainContact returns the confirmed contact of a kind that messages go to, the
// zero contact if there is none: the main one, else the first that is no
// reserve, else the reserve.
func mainContact(all []contact, kind Kind) (found contact) {
	rank := func(c contact) int {
		switch c.role {
		case roleMain:
			return 3
		case roleReserve:
			return 1
		}
		return 2
	}
	best := 0
	for _, c := range all {
		if c.kind == kind && !c.confirmed.IsZero() && rank(c) > best {
			best, found = rank(c), c
		}
	}
	return found
}

// confirmedOnes returns the contacts that were confirmed.
func confirmedOnes(all []contact) (list []contact) {
	for _, c := range all {
		if !c.confirmed.IsZero() {
			list = append(list, c)
		}
	}
	return list
}
