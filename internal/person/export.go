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
	section := export.Section{Name: "profile", Title: i18n.K("person.export"), Tables: []string{"person", "person_change", "person_setting"}}
	p, err := s.Person(ctx, account)
	if err != nil {
		return section, err
	}
	history, err := s.exportHistory(ctx, account)
	if err != nil {
		return section, err
	}
	set, err := s.Settings(ctx, account)
	if err != nil {
		return section, err
	}
	section.Records = []export.Record{append(exportPerson(p), export.Field{Name: "fill_forms", Label: i18n.K("person.fill_label"), Value: set.Fill},
		export.Field{Name: "changes", Label: i18n.K("person.export_changes"), Value: history})}
	return section, nil
}

// exportPerson tells every value of a person under the name it is stored by.
func exportPerson(p Person) export.Record {
	var verified []string
	for _, part := range p.Verified {
		verified = append(verified, string(part))
	}
	record := export.Record{
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
	for _, part := range own {
		for _, d := range data(part, nil) {
			value := *d.in(&p)
			if d.day {
				value = showDate(value)
			}
			record = append(record, export.Field{Name: d.name, Label: i18n.K("person." + d.name), Value: value})
		}
	}
	return append(record, export.Field{Name: "relatives", Label: i18n.K("person.part_relative"), Value: exportFamily(p.Relatives)})
}

func exportFamily(family []Relative) (all []export.Record) {
	for _, r := range family {
		all = append(all, export.Record{
			{Name: "kin", Label: i18n.K("person.kin"), Value: i18n.K("person.kin_" + string(r.Kin))},
			{Name: "surname", Label: i18n.K("person.surname"), Value: r.Surname},
			{Name: "name", Label: i18n.K("person.name"), Value: r.Name},
			{Name: "patronymic", Label: i18n.K("person.patronymic"), Value: r.Patronymic},
			{Name: "birth_date", Label: i18n.K("person.birth_date"), Value: showDate(r.BirthDate)},
			{Name: "snils", Label: i18n.K("person.snils"), Value: ident.FormatSNILS(r.SNILS)},
			{Name: "policy", Label: i18n.K("person.relative_policy"), Value: r.Policy},
			{Name: "certificate", Label: i18n.K("person.certificate"), Value: r.Certificate},
			{Name: "issued_on", Label: i18n.K("person.certificate_issued_on"), Value: showDate(r.IssuedOn)},
			{Name: "issued_by", Label: i18n.K("person.certificate_issued_by"), Value: r.IssuedBy},
		})
	}
	return all
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
