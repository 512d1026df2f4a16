package proofing

import (
	"context"

	"kabinet/internal/platform/export"
	"kabinet/internal/platform/i18n"
)

// exportPage is how many requests are read at a time.
const exportPage = 100

// Export tells how a person proved who they are, and what they asked for.
func (s *Service) Export(ctx context.Context, account string) (export.Section, error) {
	section := export.Section{Name: "identity", Title: i18n.K("proofing.title"), Tables: []string{"proofing_request", "proofing_proof", "proofing_letter"}}
	for before := ""; ; {
		list, err := s.Requests(ctx, account, before, exportPage)
		if err != nil {
			return section, err
		}
		for _, r := range list {
			section.Records, before = append(section.Records, exportRequest(r)), r.ID
		}
		if len(list) < exportPage {
			break
		}
	}
	all, err := proofs(ctx, s.DB, account, 1000)
	if err != nil {
		return section, told("exporting proofs", err)
	}
	for _, p := range all {
		section.Records = append(section.Records, export.Record{
			{Name: "proof", Label: i18n.K("proofing.export_proof"), Value: i18n.K(p.Level.Text())},
			{Name: "at", Label: i18n.K("proofing.desk_since"), Value: p.At},
			{Name: "method", Value: p.Method},
		})
	}
	letters, err := s.store.letters(ctx, s.DB, account)
	if err != nil {
		return section, told("exporting letters", err)
	}
	for _, l := range letters {
		section.Records = append(section.Records, export.Record{
			{Name: "letter", Label: i18n.K("proofing.post_address"), Value: l.address},
			{Name: "at", Label: i18n.K("proofing.letter_ordered"), Value: l.created},
		})
	}
	return section, nil
}

// exportRequest tells a request without whom else it may concern.
func exportRequest(r Request) export.Record {
	p := r.Person
	var why []string
	for name, c := range r.Answers {
		why = append(why, name+": "+string(c.Verdict))
	}
	return export.Record{
		{Name: "request", Label: i18n.K("proofing.desk_kind"), Value: r.Title()},
		{Name: "at", Label: i18n.K("proofing.desk_since"), Value: r.Created},
		{Name: "state", Label: i18n.K("proofing.export_state"), Value: r.Label().Text},
		{Name: "surname", Label: i18n.K("person.surname"), Value: p.Surname},
		{Name: "name", Label: i18n.K("person.name"), Value: p.Name},
		{Name: "patronymic", Label: i18n.K("person.patronymic"), Value: p.Patronymic},
		{Name: "birth_date", Label: i18n.K("person.birth_date"), Value: p.BirthDate},
		{Name: "passport", Label: i18n.K("person.passport_number"), Value: passportNumber(p)},
		{Name: "snils", Label: i18n.K("person.snils"), Value: p.SNILS},
		{Name: "inn", Label: i18n.K("person.inn"), Value: p.INN},
		{Name: "address", Label: i18n.K("person.address"), Value: p.Address},
		{Name: "answers", Value: why},
		{Name: "comment", Label: i18n.K("proofing.comment"), Value: r.Comment},
		{Name: "words", Label: i18n.K("proofing.desk_words"), Value: r.words()},
	}
}

// words are those of the verifier, to the person.
func (r Request) words() string {
	if r.Words == moving {
		return ""
	}
	return r.Words
}
