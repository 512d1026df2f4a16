package account

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/sqldb"
)

// limitFactorTries bounds what is typed as a code of an app or a backup code,
// which costs as much as a password.
var limitFactorTries = limit.Rule{Name: "account.factor_tries", Burst: 20, Per: 10 * time.Minute}

// SecondWays is what the page of the second step shows.
type SecondWays struct {
	Step
	Way    Factor
	Others []Factor // other ways, the first one first
}

// SecondWays returns the second step of a flow. It returns ErrFlow.
func (s *Service) SecondWays(ctx context.Context, c Client, flowID string) (p SecondWays, err error) {
	if p.Step, err = s.Step(ctx, c, flowID, flowSecond); err != nil {
		return p, err
	}
	f, set, err := s.secondOf(ctx, c, flowID)
	if err != nil {
		return p, err
	}
	p.Way = f.data.way()
	p.Others = slices.DeleteFunc(set.Ways(), func(one Factor) bool { return one == p.Way })
	return p, nil
}

// secondOf returns the flow of a second step and the factors of its account.
func (s *Service) secondOf(ctx context.Context, c Client, flowID string) (flow, Factors, error) {
	f, err := s.flowFor(ctx, s.db, c, flowID, "", flowSecond)
	if err != nil {
		return f, Factors{}, err
	}
	set, err := s.Factors(ctx, f.account)
	return f, set, err
}

// ChooseWay goes on with another way of the second step: a code that it needs
// is sent, unless one went there a moment ago. It returns ErrFlow, ErrFactor
// and limit.ErrTooMany.
func (s *Service) ChooseWay(ctx context.Context, c Client, flowID string, way Factor) error {
	f, set, err := s.secondOf(ctx, c, flowID)
	if err != nil {
		return err
	}
	if !slices.Contains(set.Ways(), way) {
		return ErrFactor
	}
	to := set.to(way)
	send := way.sent() && (f.data.To != to || f.usable(s.now()) != nil || f.mayResend(s.now()) == nil)
	if send {
		if err := s.limits.Take(ctx, limitCodes, f.account); err != nil {
			return err
		}
	}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		f, err := s.flowFor(ctx, tx, c, flowID, tx.ForUpdate(), flowSecond)
		if err != nil {
			return err
		}
		f.data.Way = way
		if !send {
			return updateFlow(ctx, tx, s.keys, f)
		}
		f.data.To = to
		s.newCode(&f)
		if err := updateFlow(ctx, tx, s.keys, f); err != nil {
			return err
		}
		return jobs.Add(ctx, tx, sendFlow{f.id, f.sends})
	})
	if err != nil {
		return fmt.Errorf("choosing a way of the second step: %w", err)
	}
	return nil
}

// SecondStep takes the code of the second step, of the way that was chosen or
// one of the backup codes, and signs in. trust makes no more codes asked for in
// this browser for deviceLife. It returns ErrFlow, ErrCode, ErrCodeOver,
// ErrFactorLocked, a *WrongCode, ErrBusy or limit.ErrTooMany.
func (s *Service) SecondStep(ctx context.Context, c Client, flowID, typed string, trust bool) (Started, Step, error) {
	f, err := s.flowFor(ctx, s.db, c, flowID, "", flowSecond)
	if err != nil {
		return Started{}, Step{}, err
	}
	if err := s.limits.TakeFast(limitFactorTries, f.account); err != nil {
		return Started{}, Step{}, err
	}
	backup, err := s.fitsBackup(ctx, f.account, typed)
	if err != nil {
		return Started{}, Step{}, err
	}
	var started Started
	var step Step
	var verdict error
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		f, err := s.flowFor(ctx, tx, c, flowID, tx.ForUpdate(), flowSecond)
		if err != nil {
			return err
		}
		a, err := accountByID(ctx, tx, f.account)
		if err != nil {
			return err
		}
		set, err := s.factorsOf(ctx, tx, a)
		if err != nil {
			return err
		}
		var by Factor
		if by, verdict, err = s.judge(ctx, tx, c, &f, &set, answer{typed, backup}); err != nil || verdict != nil {
			return err
		}
		step = Step{Kept: f.data.Kept, Next: f.data.Next, data: f.data}
		started, err = s.passed(ctx, tx, c, f, a, &set, by, trust)
		return err
	})
	if err != nil {
		return Started{}, step, fmt.Errorf("taking the second step: %w", err)
	}
	return started, step, verdict
}

// answer is what somebody typed as a proof besides the password.
type answer struct {
	typed  string
	backup []byte // selector of the backup code that it is, nil when it is none
}

// judge tells by which factor the answer proves the holder of the flow's
// account. A miss is counted in tx, which must be committed: so the verdict
// comes apart from the error.
func (s *Service) judge(ctx context.Context, tx *sqldb.DB, c Client, f *flow, set *Factors, a answer) (by Factor, verdict, err error) {
	way := f.data.way()
	if way.sent() && a.backup == nil {
		verdict, err = s.prove(ctx, tx, f, a.typed)
		return way, verdict, err
	}
	if way != FactorApp {
		set.App = false
	}
	return s.proveTyped(ctx, tx, c, f.account, set, a)
}

// proveTyped takes a code of the app or a backup code in tx, which must be
// committed when there is a verdict.
func (s *Service) proveTyped(ctx context.Context, tx *sqldb.DB, c Client, account string, set *Factors, a answer) (by Factor, verdict, err error) {
	if verdict, err = s.factorsOpen(ctx, tx, account, c); err != nil || verdict != nil {
		return "", verdict, err
	}
	right := false
	if by = FactorApp; a.backup != nil {
		by = FactorBackup
		right, err = useBackup(ctx, tx, account, a.backup, s.now())
	} else {
		right, err = s.fitsApp(ctx, tx, account, set, a.typed)
	}
	if err != nil {
		return "", nil, err
	}
	if !right {
		verdict, err = s.missFactor(ctx, tx, account, c)
		return "", verdict, err
	}
	if err := forgiveFactors(ctx, tx, account, s.factorSource(c)); err != nil {
		return "", nil, err
	}
	if by == FactorBackup {
		return by, nil, s.tellBackup(ctx, tx, account, set)
	}
	return by, nil, nil
}

// passed signs in whoever took the second step.
func (s *Service) passed(ctx context.Context, tx *sqldb.DB, c Client, f flow, a Account, set *Factors, by Factor, trust bool) (Started, error) {
	if err := s.finish(ctx, tx, f); err != nil {
		return Started{}, err
	}
	if set.recovered != "" {
		if err := setRecovered(ctx, tx, a.ID, ""); err != nil {
			return Started{}, err
		}
	}
	if by != FactorBackup && by != set.preferred && set.Has(by) {
		if err := setPreferred(ctx, tx, a.ID, by); err != nil {
			return Started{}, err
		}
	}
	if a.Staff && !set.Strong() {
		if err := s.urge(ctx, tx, a.ID); err != nil {
			return Started{}, err
		}
	}
	return s.start(ctx, tx, a, c, entry{flow: f.id, method: by.method(), alien: f.data.Alien, trust: trust && !f.data.Alien, confined: f.data.Confined})
}

// Failures of what is typed in the second step count apart from those of the
// password: who comes so far knows the password.

var allFactors = []byte{1} // what failures from all sources together are counted under

func (s *Service) factorSource(c Client) []byte { return s.keys.Index("factor source", sourceOf(c.IP)) }

// factorsOpen gives the verdict ErrFactorLocked while too many were wrong.
func (s *Service) factorsOpen(ctx context.Context, tx *sqldb.DB, account string, c Client) (verdict, err error) {
	here, err := failureOf(ctx, tx, account, s.factorSource(c))
	if err != nil {
		return nil, err
	}
	all, err := failureOf(ctx, tx, account, allFactors)
	if err != nil {
		return nil, err
	}
	now := s.now()
	if now.Before(here.until) && here.until.Sub(now) <= s.locks.Longest || all.count >= s.locks.Everywhere {
		return ErrFactorLocked, nil
	}
	return nil, nil
}

func (s *Service) missFactor(ctx context.Context, tx *sqldb.DB, account string, c Client) (verdict, err error) {
	now := s.now()
	n, err := countFailure(ctx, tx, account, s.factorSource(c), now, s.locks.Longest)
	if err != nil {
		return nil, err
	}
	ever, err := countFailure(ctx, tx, account, allFactors, now, s.locks.Longest)
	if err != nil {
		return nil, err
	}
	verdict = &WrongCode{max(s.locks.Failures-n, 1)}
	if d := s.locks.after(n); d > 0 {
		verdict = ErrFactorLocked
		if err := shut(ctx, tx, account, s.factorSource(c), now.Add(d)); err != nil {
			return nil, err
		}
	}
	if n == s.locks.Failures || ever == s.locks.Everywhere {
		err := s.tell(ctx, tx, notify.Notice{Owner: account, Key: "account/factor-locked/" + now.UTC().Format("2006-01-02"), Level: notify.Danger, SMS: true,
			Title: "account.notice_factor_locked", Text: "account.notice_factor_locked_text"})
		if err != nil {
			return nil, err
		}
	}
	return verdict, audit.Record(ctx, tx, now, audit.Entry{Owner: account, Actor: audit.Portal(), Act: "account.audit_factor_failed"})
}

// forgiveFactors forgets the failures of the second step from one source and in
// all.
func forgiveFactors(ctx context.Context, tx *sqldb.DB, account string, source []byte) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_failure WHERE subject = $1 AND source IN ($2, $3)`, account, source, allFactors)
	return err
}

// tellBackup tells the holder that a backup code was used, and when few are
// left.
func (s *Service) tellBackup(ctx context.Context, tx *sqldb.DB, account string, before *Factors) error {
	left := before.Backup - 1
	n := notify.Notice{Owner: account, Key: "account/backup/" + stamp(before.BackupAt) + "/" + strconv.Itoa(left), Level: notify.Warning, SMS: true,
		Title: "account.notice_backup", Text: "account.notice_backup_text", Args: []any{"n", left}}
	if left <= backupFew {
		n.Text = "account.notice_backup_few"
	}
	if err := s.tell(ctx, tx, n); err != nil {
		return err
	}
	return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: person(account), Act: "account.audit_backup_used"})
}

// urge tells a clerk, once, to add what is safer than codes in messages.
func (s *Service) urge(ctx context.Context, tx *sqldb.DB, account string) error {
	return s.notices.Send(ctx, tx, notify.Notice{Owner: account, Key: "account/urge", Topic: notify.TopicSecurity, Level: notify.Warning, Link: factorsPath,
		Title: "account.notice_urge", Text: "account.notice_urge_text"})
}
