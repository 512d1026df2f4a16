package account

import (
	"testing"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/sqldb"
)

func TestHoldingAPhoneIsProvedWhetherOrNotItHasAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.registered("+79000000041")
	for _, phone := range []string{"+79000000041", "+79000000042"} {
		c := client("192.0.2.7")
		flow, err := w.StartPhone(t.Context(), c, phone, i18n.RU)
		want(t, err, nil)
		step, err := w.PhoneStep(t.Context(), c, flow)
		want(t, err, nil)
		if step.Proved || step.To != login(phone) {
			t.Errorf("%s: before the code %+v", phone, step)
		}
		code := w.code(phone)
		want(t, w.Prove(t.Context(), c, flow, other(code)), ErrCode)
		want(t, w.Prove(t.Context(), c, flow, code), nil)
		if step, err = w.PhoneStep(t.Context(), c, flow); err != nil || !step.Proved {
			t.Errorf("%s: after the code %+v, %v", phone, step, err)
		}
		_, err = w.PhoneStep(t.Context(), client("192.0.2.7"), flow)
		want(t, err, ErrFlow)
	}
}

func TestAnAccountWithoutPasswordCannotBeEnteredByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bare := ""
	want(t, w.db.Tx(t.Context(), func(tx *sqldb.DB) error {
		a, err := w.Make(t.Context(), tx, Sample{Level: Simplified, Phone: "+79000000043"})
		bare = a.ID
		return err
	}), nil)
	for account, wanted := range map[string]bool{w.registered("+79000000044").Session.Account: true, bare: false} {
		can, err := w.CanEnter(t.Context(), w.db, account)
		if err != nil || can != wanted {
			t.Errorf("got %v, %v, want %v", can, err, wanted)
		}
	}
}
