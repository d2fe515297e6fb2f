/** Users, groups and password checks from LDAP directories: Active Directory, OpenLDAP, FreeIPA. */
export {}
