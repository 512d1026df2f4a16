package person

import (
	"context"
	"fmt"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/consent"
	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// Settings is what the holder wants of the profile.
type Settings struct {
	Fill      bool // forms are filled in from the profile
	HideStart bool // the list of first steps is put away
}

// destroyAfter is how long after the consent was withdrawn the data kept by it
// are destroyed: within the 30 days of the law, with some left for a portal
// that was down. Source: 152-FZ 21.5.
const destroyAfter = 25 * 24 * time.Hour

// KeepByConsent has the service keep what needs a consent, ask consents for it,
// and tell people of changes. Without it such parts cannot be kept. It is called
// while the portal is put together.
func (s *Service) KeepByConsent(consents *consent.Service, notices *notify.Service) {
	s.consents, s.notices = consents, notices
	consents.OnWithdrawal(consent.Extra, func(ctx context.Context, tx *sqldb.DB, c consent.Consent) error {
		return jobs.Add(ctx, tx, destroy{c.Account, c.ID}, jobs.At(s.now().Add(destroyAfter)))
	})
}

// agrees reports whether the person lets data be kept that only a consent
// allows; db may be nil.
func (s *Service) agrees(ctx context.Context, db *sqldb.DB, acc string) (bool, error) {
	if s.consents == nil {
		return false, nil
	}
	return s.consents.Active(ctx, db, acc, consent.Extra, "")
}

// Settings returns what the holder chose, or what holds until they do.
func (s *Service) Settings(ctx context.Context, acc string) (Settings, error) {
	set, err := settingsOf(ctx, s.db, acc)
	if err != nil {
		return set, fmt.Errorf("reading settings of a profile: %w", err)
	}
	return set, nil
}

// SetFill says whether forms are filled in from the profile.
func (s *Service) SetFill(ctx context.Context, acc, session string, fill bool) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		set, err := settingsOf(ctx, tx, acc)
		if err != nil || set.Fill == fill {
			return err
		}
		set.Fill = fill
		if err := saveSettings(ctx, tx, acc, set); err != nil {
			return fmt.Errorf("setting how forms are filled in: %w", err)
		}
		act := "person.audit_fill_off"
		if fill {
			act = "person.audit_fill_on"
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: acc, Actor: audit.Actor{Kind: audit.Person, ID: acc, Session: session}, Act: act})
	})
}

// HideStart puts the list of first steps away, or brings it back.
func (s *Service) HideStart(ctx context.Context, acc string, hide bool) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		set, err := settingsOf(ctx, tx, acc)
		if err != nil {
			return err
		}
		set.HideStart = hide
		return saveSettings(ctx, tx, acc, set)
	})
}

// destroy destroys what a consent allowed to keep that was withdrawn.
type destroy struct{ Account, Consent string }

// Kind implements jobs.Args.
func (destroy) Kind() string { return "person.destroy" }

// sweep forgets changes that nobody confirmed.
type sweep struct{}

// Kind implements jobs.Args.
func (sweep) Kind() string { return "person.sweep" }

// Jobs names who does this feature's work.
func (s *Service) Jobs(r *jobs.Runner) {
	jobs.Handle(r, jobs.Policy{Attempts: 100, Timeout: time.Minute}, s.destroy)
	jobs.Handle(r, jobs.Policy{Attempts: 1000, Every: time.Hour}, func(ctx context.Context, _ jobs.Job[sweep]) error {
		return purgeProposals(ctx, s.db, s.now())
	})
}

func (s *Service) destroy(ctx context.Context, j jobs.Job[destroy]) error {
	acc := j.Args.Account
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		agrees, err := s.agrees(ctx, tx, acc)
		if err != nil {
			return err
		}
		old, err := personOf(ctx, tx, s.keys, acc, tx.ForUpdate())
		if err != nil || agrees {
			return err // agreed anew meanwhile
		}
		fresh := old.without(Extra).without(Family)
		if fresh.equal(old) {
			return nil
		}
		if err := s.replace(ctx, tx, acc, old, fresh, audit.Portal(), changedIn(old, fresh, Extra, Family)...); err != nil {
			return err
		}
		// The history kept what stood there before.
		if err := forgetBefore(ctx, tx, s.keys, acc, Extra, Family); err != nil {
			return err
		}
		return s.notices.Send(ctx, tx, notify.Notice{Owner: acc, Key: "person/destroyed/" + j.Args.Consent, Title: "person.notice_destroyed", Text: "person.notice_destroyed_text",
			Args: []any{"part", partText(Extra)}, Link: "/profile", Topic: notify.TopicPerson})
	})
}

// changedIn are those of the parts in which two people differ.
func changedIn(p, q Person, parts ...Part) (changed []Part) {
	for _, part := range parts {
		if !same(part, p, q) || p.Is(part) != q.Is(part) {
			changed = append(changed, part)
		}
	}
	return changed
}

// partText names a part.
func partText(part Part) i18n.Text { return i18n.K("person.part_" + string(part)) }
