import type { Language } from './names.ts'

/** A place where people work. */
export interface Workplace {
  /** As in `sites` of a configuration. */
  readonly site: string
  readonly city: string
  readonly company: string
  /** What most people there have their names in. */
  readonly language: Language
}

/** The large ones first. */
export const workplaces: readonly Workplace[] = [
  { site: 'hq', city: 'München', company: 'Example SE', language: 'german' },
  { site: 'london', city: 'London', company: 'Example Ltd', language: 'english' },
  { site: 'oslo', city: 'Oslo', company: 'Example AS', language: 'norwegian' },
  { site: 'krakow', city: 'Kraków', company: 'Example sp. z o.o.', language: 'polish' },
  { site: 'lyon', city: 'Lyon', company: 'Example SAS', language: 'french' },
  { site: 'pune', city: 'Pune', company: 'Example Private Limited', language: 'indian' },
  { site: 'madrid', city: 'Madrid', company: 'Example SA', language: 'spanish' },
  { site: 'brno', city: 'Brno', company: 'Example s.r.o.', language: 'czech' },
  { site: 'izmir', city: 'İzmir', company: 'Example A.Ş.', language: 'turkish' },
  { site: 'utrecht', city: 'Utrecht', company: 'Example BV', language: 'dutch' },
  { site: 'zurich', city: 'Zürich', company: 'Example AG', language: 'german' },
  { site: 'hanoi', city: 'Hà Nội', company: 'Example JSC', language: 'vietnamese' },
]

/** The large ones first; each with some titles of its own. */
export const departments: readonly { readonly name: string; readonly titles: readonly string[] }[] = [
  { name: 'Production', titles: ['Technician', 'Shift Lead', 'Planner', 'Process Engineer'] },
  { name: 'Sales', titles: ['Account Manager', 'Sales Representative', 'Key Account Manager', 'Head of Sales'] },
  { name: 'Engineering', titles: ['Engineer', 'Senior Engineer', 'Architect', 'Test Engineer', 'Team Lead'] },
  { name: 'Customer Service', titles: ['Agent', 'Senior Agent', 'Supervisor'] },
  { name: 'Logistics', titles: ['Dispatcher', 'Warehouse Clerk', 'Fleet Manager'] },
  { name: 'Finance', titles: ['Accountant', 'Controller', 'Treasurer', 'Payroll Clerk'] },
  {
    name: 'Information Technology',
    titles: ['Administrator', 'Developer', 'Service Desk Agent', 'Database Administrator'],
  },
  { name: 'Research & Development', titles: ['Scientist', 'Principal Scientist', 'Laboratory Assistant'] },
  { name: 'Human Resources', titles: ['Recruiter', 'Business Partner', 'Trainer'] },
  { name: 'Quality Assurance', titles: ['Inspector', 'Auditor', 'Quality Engineer'] },
  { name: 'Purchasing', titles: ['Buyer', 'Strategic Buyer'] },
  { name: 'Marketing', titles: ['Product Manager', 'Copywriter', 'Event Manager'] },
  { name: 'Legal', titles: ['Counsel', 'Paralegal'] },
  { name: 'Facility Management', titles: ['Caretaker', 'Receptionist'] },
  { name: 'Board', titles: ['Assistant to the Board', 'Member of the Board'] },
]
