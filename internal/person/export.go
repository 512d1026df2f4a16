package person

import (
	"context"
	"fmt"

	"kabinet/internal/person/ident"
	"kabinet/internal/platform/export"
	"kabinet/internal/platform/i18n"
)

// exportPage is how many changes are read at a time.
const exportPage = 200

// Export tells what is known of a person, and what was changed when.
func (s *Service) Export(ctx context.Context, account string) (export.Section, error) {
	section := export.Section{Name: "profile", Title: i18n.K("person.export"), Tables: []string{"person", "person_change"}}
	p, err := s.Person(ctx, account)
	if err != nil {
		return section, err
	}
	history, err := s.exportHistory(ctx, account)
	if err != nil {
		return section, err
	}
	section.Records = []export.Record{append(exportPerson(p), export.Field{Name: "changes", Label: i18n.K("person.export_changes"), Value: history})}
	return section, nil
}

// exportPerson tells every value of a person under the name it is stored by.
func exportPerson(p Person) export.Record {
	var verified []string
	for _, part := range p.Verified {
		verified = append(verified, string(part))
	}
	return export.Record{
		{Name: "surname", Label: i18n.K("person.surname"), Value: p.Surname},
		{Name: "name", Label: i18n.K("person.name"), Value: p.Name},
		{Name: "patronymic", Label: i18n.K("person.patronymic"), Value: p.Patronymic},
		{Name: "birth_date", Label: i18n.K("person.birth_date"), Value: showDate(p.BirthDate)},
		{Name: "birth_place", Label: i18n.K("person.birth_place"), Value: p.BirthPlace},
		{Name: "sex", Label: i18n.K("person.sex"), Value: sexText(p.Sex)},
		{Name: "passport_series", Label: i18n.K("person.passport_series"), Value: p.PassportSeries},
		{Name: "passport_number", Label: i18n.K("person.passport_number"), Value: p.PassportNumber},
		{Name: "passport_issued_by", Label: i18n.K("person.issued_by"), Value: p.PassportIssuedBy},
		{Name: "passport_issued_on", Label: i18n.K("person.issued_on"), Value: showDate(p.PassportIssuedOn)},
		{Name: "division_code", Label: i18n.K("person.division"), Value: ident.FormatDivisionCode(p.DivisionCode)},
		{Name: "snils", Label: i18n.K("person.snils"), Value: ident.FormatSNILS(p.SNILS)},
		{Name: "inn", Label: i18n.K("person.inn"), Value: p.INN},
		{Name: "address", Label: i18n.K("person.address"), Value: p.Address},
		{Name: "actual_address", Label: i18n.K("person.address_actual"), Value: p.ActualAddress},
		{Name: "verified", Value: verified},
	}
}

func sexText(s Sex) i18n.Text {
	if s == "" {
		return i18n.Text{}
	}
	return i18n.K("person.sex_" + string(s))
}

func (s *Service) exportHistory(ctx context.Context, account string) (all []export.Record, err error) {
	for before := ""; ; {
		lines, err := oldValues(ctx, s.db, s.keys, account, before, exportPage)
		if err != nil {
			return nil, fmt.Errorf("exporting changes: %w", err)
		}
		for _, c := range lines {
			all = append(all, export.Record{
				{Name: "at", Label: i18n.K("person.export_at"), Value: c.At},
				{Name: "part", Label: i18n.K("person.export_part"), Value: i18n.K("person.part_" + string(c.Part))},
				{Name: "by", Value: c.By},
				{Name: "before", Label: i18n.K("person.export_before"), Value: []export.Record{exportPerson(c.before)}},
			})
			before = c.ID
		}
		if len(lines) < exportPage {
			return all, nil
		}
	}
}
