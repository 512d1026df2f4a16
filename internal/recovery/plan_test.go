package recovery

import (
	"bytes"
	"context"
	"testing"

	"kabinet/internal/account"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

func TestEveryQueryOfAPageIsAnsweredFromAnIndex(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, Schema())
	const caseID = "00000000000000000000000001"
	sqldbtest.NoFullScan(t, db, numberQuery, "1234567890")
	sqldbtest.NoFullScan(t, db, openQuery, caseID, pageSize)
	sqldbtest.NoFullScan(t, db, doneQuery, caseID, pageSize)
	sqldbtest.NoFullScan(t, db, countQuery)
	sqldbtest.NoFullScan(t, db, `SELECT blob FROM recovery_file WHERE blob = $1`, caseID)
	sqldbtest.NoFullScan(t, db, `SELECT id FROM recovery_case WHERE account = $1`, caseID) // when an account is deleted
}

// Each limit refuses the first use beyond its burst.
func TestLimits(t *testing.T) {
	t.Parallel()
	phone := func(i int) account.Login {
		return account.Login{Kind: account.Phone, Value: "+7900100" + string(rune('a'+i)) + "000"}
	}
	for _, one := range []struct {
		rule limit.Rule
		use  func(ctx context.Context, w *world, i int) error
	}{
		{limitStarts, func(ctx context.Context, w *world, i int) error {
			_, err := w.Start(ctx, account.Client{IP: "192.0.2.1", Browser: id.Secret()}, phone(i), i18n.RU)
			return err
		}},
		{limitContact, func(ctx context.Context, w *world, i int) error {
			_, err := w.Start(ctx, account.Client{IP: "192.0.2." + string(rune('1'+i)), Browser: id.Secret()}, phone(0), i18n.RU)
			return err
		}},
		{limitNumber, func(ctx context.Context, w *world, i int) error {
			_, err := w.StatusOf(ctx, account.Client{IP: "192.0.2." + string(rune('1'+i%9))}, "1000000001", "1")
			return expected(err, ErrStatus)
		}},
		{limitStatus, func(ctx context.Context, w *world, i int) error {
			_, err := w.StatusOf(ctx, account.Client{IP: "192.0.2.1"}, "10000000"+string(rune('a'+i)), "1")
			return expected(err, ErrStatus)
		}},
	} {
		t.Run(one.rule.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for i := range one.rule.Burst {
				want(t, one.use(t.Context(), w, i), nil)
			}
			want(t, one.use(t.Context(), w, one.rule.Burst), limit.ErrTooMany)
		})
	}
}

func expected(err, which error) error {
	if err == which { //nolint:errorlint // the sentinel itself
		return nil
	}
	return err
}

func TestLimitsOfFilling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range limitPapers.Burst + 1 {
		c := account.Client{IP: "192.0.2." + string(rune('1'+i)), Browser: id.Secret()}
		k := w.proved(c, account.Login{Kind: account.Phone, Value: "+7900200000" + string(rune('0'+i))})
		err := w.Fill(t.Context(), c, k, claim())
		if i < limitPapers.Burst {
			want(t, err, nil)
		} else {
			want(t, err, limit.ErrTooMany)
		}
	}
	c := account.Client{IP: "198.51.100.1", Browser: id.Secret()}
	k := w.proved(c, account.Login{Kind: account.Phone, Value: newPhone})
	for range limitCase.Burst {
		want(t, w.Attach(t.Context(), c, k, "selfie", "a.png", bytes.NewReader(picture())), nil)
	}
	want(t, w.Attach(t.Context(), c, k, "selfie", "a.png", bytes.NewReader(picture())), limit.ErrTooMany)
	other := w.proved(c, account.Login{Kind: account.Phone, Value: "+79002000009"})
	for i := limitCase.Burst + 1; i < limitUploads.Burst; i++ {
		want(t, w.Attach(t.Context(), c, other, "selfie", "a.png", bytes.NewReader(picture())), nil)
	}
	third := w.proved(c, account.Login{Kind: account.Phone, Value: "+79002000008"})
	want(t, w.Attach(t.Context(), c, third, "selfie", "a.png", bytes.NewReader(picture())), limit.ErrTooMany)
}
