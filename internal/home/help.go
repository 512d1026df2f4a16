package home

import "kabinet/internal/platform/i18n"

// topic is a group of questions on the page of help.
type topic struct {
	title     i18n.Text
	questions []question
}

type question struct{ title, text i18n.Text }

// topics are the questions that people ask most, in the order of a first visit.
func topics() []topic {
	return []topic{
		{i18n.K("home.help_account"), []question{
			{i18n.K("home.q_register"), i18n.K("home.a_register")},
			{i18n.K("home.q_code"), i18n.K("home.a_code")},
			{i18n.K("home.q_password"), i18n.K("home.a_password")},
			{i18n.K("home.q_locked"), i18n.K("home.a_locked")},
			{i18n.K("home.q_passkey"), i18n.K("home.a_passkey")},
			{i18n.K("home.q_lost_phone"), i18n.K("home.a_lost_phone")},
			{i18n.K("home.q_phishing"), i18n.K("home.a_phishing")},
		}},
		{i18n.K("home.help_applications"), []question{
			{i18n.K("home.q_draft"), i18n.K("home.a_draft")},
			{i18n.K("home.q_number"), i18n.K("home.a_number")},
			{i18n.K("home.q_term"), i18n.K("home.a_term")},
			{i18n.K("home.q_clarify"), i18n.K("home.a_clarify")},
			{i18n.K("home.q_refused"), i18n.K("home.a_refused")},
		}},
		{i18n.K("home.help_documents"), []question{
			{i18n.K("home.q_files"), i18n.K("home.a_files")},
			{i18n.K("home.q_genuine"), i18n.K("home.a_genuine")},
			{i18n.K("home.q_looked"), i18n.K("home.a_looked")},
		}},
	}
}
