package person

import (
	"errors"
	"testing"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/platform/sqldb"
)

func TestWhoCheckedRevisesWhatIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := ""
	want(t, w.db.Tx(t.Context(), func(tx *sqldb.DB) error {
		a, err := w.accounts.Make(t.Context(), tx, account.Sample{Level: account.Simplified})
		id = a.ID
		if err != nil {
			return err
		}
		return w.Create(t.Context(), tx, id, account.Name{Surname: "Ким", Name: "Виктор"})
	}), nil)
	revise := func(change func(Person) (Person, error)) error {
		return w.db.Tx(t.Context(), func(tx *sqldb.DB) error { return w.Revise(t.Context(), tx, id, audit.Portal(), change) })
	}
	refused := errors.New("no")
	want(t, revise(func(p Person) (Person, error) { return Person{}, refused }), refused)
	want(t, revise(func(p Person) (Person, error) {
		p.BirthDate, p.Verified = "1988-05-30", []Part{Identity}
		return p, nil
	}), nil)
	p, err := w.Person(t.Context(), id)
	if err != nil || p.Surname != "Ким" || p.BirthDate != "1988-05-30" || !p.Is(Identity) {
		t.Errorf("got %+v, %v", p, err)
	}
}
