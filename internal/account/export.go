package account

import (
	"context"
	"fmt"

	"kabinet/internal/platform/export"
	"kabinet/internal/platform/i18n"
)

// exportPage is how many lines are read at a time.
const exportPage = 200

// Export tells what this feature keeps of an account, but for what only lets
// somebody in: hashes of passwords, codes and secrets.
func (s *Service) Export(ctx context.Context, account string) (export.Section, error) {
	section := export.Section{Name: "account", Title: i18n.K("account.export"),
		Tables: []string{"account", "account_contact", "account_session", "account_device", "account_signin"}}
	a, err := s.Account(ctx, account)
	if err != nil {
		return section, err
	}
	contacts, err := contactsOf(ctx, s.db, s.keys, account)
	if err != nil {
		return section, fmt.Errorf("exporting contacts: %w", err)
	}
	sessions, err := openSessions(ctx, s.db, s.keys, account)
	if err != nil {
		return section, fmt.Errorf("exporting sessions: %w", err)
	}
	devices, err := trustedDevices(ctx, s.db, s.keys, account, s.now())
	if err != nil {
		return section, fmt.Errorf("exporting devices: %w", err)
	}
	signIns, err := s.exportSignIns(ctx, account)
	if err != nil {
		return section, err
	}
	main := export.Record{
		{Name: "number", Label: i18n.K("account.export_number"), Value: a.Number},
		{Name: "level", Label: i18n.K("account.export_level"), Value: i18n.K(a.Level.Text())},
		{Name: "created_at", Label: i18n.K("account.export_created"), Value: a.Created},
		{Name: "language", Label: i18n.K("account.export_language"), Value: a.Lang},
		{Name: "second_factor", Label: i18n.K("account.second"), Value: a.NeedsSecond()},
		{Name: "contacts", Label: i18n.K("account.export_contacts"), Value: exportContacts(contacts)},
		{Name: "sessions", Label: i18n.K("account.sessions"), Value: exportSessions(sessions)},
		{Name: "trusted_devices", Label: i18n.K("account.trusted"), Value: exportDevices(devices)},
		{Name: "sign_ins", Label: i18n.K("account.history"), Value: signIns},
	}
	section.Records = []export.Record{main}
	return section, nil
}

func exportContacts(contacts []contact) (all []export.Record) {
	for _, c := range contacts {
		all = append(all, export.Record{
			{Name: "kind", Value: string(c.kind)},
			{Name: "role", Value: c.role},
			{Name: "value", Label: i18n.K("account.export_" + string(c.kind)), Value: c.value},
			{Name: "confirmed_at", Label: i18n.K("account.export_confirmed"), Value: c.confirmed},
		})
	}
	return all
}

func exportDevice(d Device) export.Record {
	return export.Record{
		{Name: "device", Label: i18n.K("account.export_device"), Value: d.Text()},
		{Name: "ip", Label: i18n.K("account.export_ip"), Value: d.IP},
	}
}

func exportSessions(sessions []Session) (all []export.Record) {
	for _, one := range sessions {
		all = append(all, append(exportDevice(one.Device),
			export.Field{Name: "created_at", Label: i18n.K("account.export_began"), Value: one.Created},
			export.Field{Name: "seen_at", Label: i18n.K("account.export_seen"), Value: one.Seen}))
	}
	return all
}

func exportDevices(devices []KnownDevice) (all []export.Record) {
	for _, one := range devices {
		all = append(all, append(exportDevice(one.Device),
			export.Field{Name: "created_at", Label: i18n.K("account.export_since"), Value: one.Created},
			export.Field{Name: "until", Label: i18n.K("account.export_until"), Value: one.Until}))
	}
	return all
}

func (s *Service) exportSignIns(ctx context.Context, account string) (all []export.Record, err error) {
	for before := ""; ; {
		lines, err := s.SignIns(ctx, account, before, exportPage)
		if err != nil {
			return nil, err
		}
		for _, one := range lines {
			all = append(all, append(export.Record{
				{Name: "at", Label: i18n.K("account.export_at"), Value: one.At},
				{Name: "method", Label: i18n.K("account.export_method"), Value: i18n.K(one.Method)},
				{Name: "outcome", Label: i18n.K("account.history_outcome"), Value: i18n.K(one.Outcome.Text())},
				{Name: "place", Label: i18n.K("account.history_place"), Value: one.Device.where()},
			}, exportDevice(one.Device)...))
			before = one.ID
		}
		if len(lines) < exportPage {
			return all, nil
		}
	}
}
