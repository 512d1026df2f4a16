package person

import (
	"context"
	"fmt"
	"slices"

	"kabinet/internal/audit"
	"kabinet/internal/platform/sqldb"
)

// Proved reports whether the parts were verified that the Standard level needs.
func (p Person) Proved() bool { return p.Is(Identity) && p.Is(Passport) && p.Is(Numbers) }

// With returns p with the values of some parts taken from q.
func (p Person) With(q Person, parts ...Part) Person {
	for _, part := range parts {
		p = p.take(part, q)
	}
	return p
}

// Same reports whether two people agree in a part.
func Same(part Part, p, q Person) bool { return same(part, p, q) }

// PersonIn is Person within a transaction, which holds the person until it ends.
func (s *Service) PersonIn(ctx context.Context, tx *sqldb.DB, account string) (Person, error) {
	p, err := personOf(ctx, tx, s.keys, account, tx.ForUpdate())
	if err != nil {
		return p, fmt.Errorf("reading a person: %w", err)
	}
	return p, nil
}

// Fill takes over what the holder typed for several parts at once. Parts that
// were verified stay as they are. It returns the person as they are then.
func (s *Service) Fill(ctx context.Context, tx *sqldb.DB, account string, typed Person, parts []Part, by audit.Actor) (Person, error) {
	return s.alter(ctx, tx, account, by, func(p Person) Person {
		for _, part := range parts {
			if !p.Is(part) {
				p = p.take(part, typed)
			}
		}
		return p
	})
}

// Verify replaces parts by what somebody checked who may be believed, and marks
// them so; the account's level follows. It returns the person as they are then.
func (s *Service) Verify(ctx context.Context, tx *sqldb.DB, account string, checked Person, parts []Part, by audit.Actor) (Person, error) {
	return s.alter(ctx, tx, account, by, func(p Person) Person {
		verified := slices.Clone(p.Verified)
		for _, part := range parts {
			p = p.take(part, checked)
			if !slices.Contains(verified, part) {
				verified = append(verified, part)
			}
		}
		p.Verified = verified
		return p
	})
}

// Doubt takes the marks of verification away from parts: the values stay, as
// ones that the holder only typed. The level follows.
func (s *Service) Doubt(ctx context.Context, tx *sqldb.DB, account string, parts []Part, by audit.Actor) error {
	_, err := s.alter(ctx, tx, account, by, func(p Person) Person {
		p.Verified = slices.DeleteFunc(slices.Clone(p.Verified), func(v Part) bool { return slices.Contains(parts, v) })
		return p
	})
	return err
}

// alter stores what change makes of a person, unless it is the same.
func (s *Service) alter(ctx context.Context, tx *sqldb.DB, account string, by audit.Actor, change func(Person) Person) (Person, error) {
	old, err := s.PersonIn(ctx, tx, account)
	if err != nil {
		return old, err
	}
	fresh := change(old)
	if !slices.ContainsFunc(Parts, func(p Part) bool { return !same(p, old, fresh) || old.Is(p) != fresh.Is(p) }) {
		return old, nil
	}
	if err := s.Put(ctx, tx, account, fresh, by); err != nil {
		return old, err
	}
	return s.PersonIn(ctx, tx, account)
}
