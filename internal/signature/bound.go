package signature

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/signature/pki"
)

// lookEvery is how often a bound certificate is checked.
const lookEvery = 24 * time.Hour

// Certificates returns the certificates of an account, those bound last first.
func (s *Service) Certificates(ctx context.Context, account string) ([]Bound, error) {
	rows, err := boundOf(ctx, s.db, s.keys, account)
	if err != nil {
		return nil, fmt.Errorf("listing certificates: %w", err)
	}
	list := make([]Bound, 0, len(rows))
	for _, b := range rows {
		c, err := pki.ParseCertificate(b.raw)
		if err != nil {
			return nil, fmt.Errorf("reading certificate %s: %w", b.id, err)
		}
		list = append(list, Bound{ID: b.id, Name: c.Holder().Common, Centre: c.Issuer.CommonName, Serial: c.Serial(), Class: c.Class(), Key: c.Algorithm(),
			Standing: b.state, Bound: b.since, Used: b.used, From: c.NotBefore, Ends: c.NotAfter})
	}
	return list, nil
}

// bind makes the certificate of a right signature sign in to the account whose
// session asked for the challenge. It returns ErrChallenge, ErrUsed, ErrDiffers,
// ErrBound, ErrFull and *Refused.
func (s *Service) bind(ctx context.Context, c challenge, by audit.Actor, file []byte) error {
	if c.Purpose != toBind || c.Account != by.ID {
		return ErrChallenge
	}
	r, err := s.answer(ctx, c, file)
	if err != nil {
		return err
	}
	f := factsOf(r)
	p, err := s.people.Person(ctx, by.ID)
	if err != nil {
		return err
	}
	if !f.same(p) {
		return ErrDiffers
	}
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := s.use(ctx, tx, c); err != nil {
			return err
		}
		return s.attach(ctx, tx, by, f.Raw)
	})
}

// attach binds a certificate in tx, with its audit line and notice. It returns
// ErrBound and ErrFull.
func (s *Service) attach(ctx context.Context, tx *sqldb.DB, by audit.Actor, raw []byte) error {
	c, err := pki.ParseCertificate(raw)
	if err != nil {
		return err
	}
	have, err := boundOf(ctx, tx, s.keys, by.ID)
	if err != nil {
		return err
	}
	if len(have) >= maxBound {
		return ErrFull
	}
	now := s.now()
	b := bound{account: by.ID, id: id.New(), print: s.print(raw), raw: raw, state: Good, ends: c.NotAfter, since: now, look: now.Add(lookEvery)}
	if free, err := claimPrint(ctx, tx, b); err != nil {
		return err
	} else if !free {
		return ErrBound
	}
	if err := insertBound(ctx, tx, s.keys, b); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, now, audit.Entry{Owner: by.ID, Actor: by, Act: "signature.audit_bound", Object: "certificate/" + b.id}); err != nil {
		return err
	}
	return s.tell(ctx, tx, notify.Notice{Owner: by.ID, Key: "signature/bound/" + b.id, Level: notify.Warning, Title: "signature.notice_bound", Text: "signature.notice_bound_text",
		Args: []any{"at", notify.Moment{Time: now}}})
}

func (s *Service) tell(ctx context.Context, tx *sqldb.DB, n notify.Notice) error {
	n.Topic, n.Link = notify.TopicSecurity, boundPath
	return s.notices.Send(ctx, tx, n)
}

// Unbind makes a certificate sign in no more by being bound. It returns
// ErrNoCertificate.
func (s *Service) Unbind(ctx context.Context, by audit.Actor, certificate string) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		b, err := boundByID(ctx, tx, s.keys, by.ID, certificate, tx.ForUpdate())
		if err != nil {
			return err
		}
		if err := deleteBound(ctx, tx, b); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, s.now(), audit.Entry{Owner: by.ID, Actor: by, Act: "signature.audit_unbound", Object: "certificate/" + b.id}); err != nil {
			return err
		}
		return s.tell(ctx, tx, notify.Notice{Owner: by.ID, Key: "signature/unbound/" + b.id, Level: notify.Warning, Title: "signature.notice_unbound", Text: "signature.notice_unbound_text",
			Args: []any{"at", notify.Moment{Time: s.now()}}})
	})
	if err != nil && !errors.Is(err, ErrNoCertificate) {
		return fmt.Errorf("unbinding a certificate: %w", err)
	}
	return err
}

// watch checks the bound certificates that are due and warns of those that end.
func (s *Service) watch(ctx context.Context) error {
	const batch = 100
	for {
		list, err := due(ctx, s.db, s.keys, s.now(), batch)
		if err != nil {
			return fmt.Errorf("looking at certificates: %w", err)
		}
		for _, b := range list {
			if err := s.look(ctx, b); err != nil {
				return fmt.Errorf("looking at certificate %s: %w", b.id, err)
			}
		}
		if len(list) < batch {
			return nil
		}
	}
}

// look checks one certificate and tells its owner what is new.
func (s *Service) look(ctx context.Context, b bound) error {
	c, err := pki.ParseCertificate(b.raw)
	if err != nil {
		return err
	}
	with, err := s.conditions(ctx)
	if err != nil {
		return err
	}
	state := standing(pki.Examine(c, nil, with))
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		fresh, err := boundByID(ctx, tx, s.keys, b.account, b.id, tx.ForUpdate())
		if errors.Is(err, ErrNoCertificate) {
			return nil // unbound meanwhile
		}
		if err != nil {
			return err
		}
		now := s.now()
		revoked := state == Revoked && fresh.state != Revoked
		fresh.state, fresh.look = state, now.Add(lookEvery)
		days := 0
		if state != Revoked {
			if days = warning(fresh.ends, now, fresh.warned); days > 0 {
				fresh.warned = days
			}
		}
		if err := lookedAt(ctx, tx, fresh); err != nil {
			return err
		}
		switch {
		case revoked:
			return s.tell(ctx, tx, notify.Notice{Owner: b.account, Key: "signature/revoked/" + b.id, Level: notify.Danger, Title: "signature.notice_revoked", Text: "signature.notice_revoked_text"})
		case days > 0:
			return s.tell(ctx, tx, notify.Notice{Owner: b.account, Key: "signature/ends/" + b.id + "/" + strconv.Itoa(days), Level: notify.Warning,
				Title: "signature.notice_ends", Text: "signature.notice_ends_text", Args: []any{"day", notify.Day{Time: fresh.ends}}})
		}
		return nil
	})
}

// standing is what a report says of a bound certificate. Its term is told apart.
func standing(r pki.Report) Standing {
	state := Good
	for _, c := range r.Checks {
		switch {
		case c.Reason == pki.Revoked:
			return Revoked
		case c.State != pki.Valid && c.Step != pki.Term:
			state = Unclear
		}
	}
	return state
}
