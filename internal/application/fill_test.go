package application

import (
	"testing"
	"time"

	"kabinet/internal/platform/sqldb"
)

func TestMadeUpApplicationsAreLikeRealOnes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, status := range []Status{Accepted, Working, Clarify, Refused, Withdrawn} {
		phone := []string{"+79000000021", "+79000000022", "+79000000023", "+79000000024", "+79000000025"}[i]
		acc := w.citizen(phone)
		w.drain()
		err := w.DB.Tx(t.Context(), func(tx *sqldb.DB) error {
			return w.Fill(t.Context(), tx, Made{Account: acc, Applicant: "Соколова Марина", Service: w.service(direct), Answers: answersFor(direct),
				SentAt: morning.Add(-50 * time.Hour), Status: status, Clerk: clerk, Words: "Почему?"})
		})
		if err != nil {
			t.Fatal(err)
		}
		list, _, err := w.List(t.Context(), acc, "")
		if err != nil || len(list) != 1 || list[0].Status != status {
			t.Fatalf("%s: %v %v", status, list, err)
		}
		card, err := w.Card(t.Context(), acc, list[0].ID)
		if err != nil || len(card.Events) != card.Seq || len(w.told(acc)) != card.Seq {
			t.Errorf("%s: %d lines of the journal, %d notices, the last line is %d: %v", status, len(card.Events), len(w.told(acc)), card.Seq, err)
		}
		if (card.Ask != nil) != (status == Clarify) || (card.Reason != "") != (status == Refused) {
			t.Errorf("%s: asked %v, refused for %q", status, card.Ask, card.Reason)
		}
		c, err := w.store.caseByID(t.Context(), w.DB, "social", list[0].ID)
		if err != nil || c.Status != status || c.Seq != card.Seq || c.Applicant != "Соколова Марина" {
			t.Errorf("%s: the agency has %+v: %v", status, c, err)
		}
	}
}
