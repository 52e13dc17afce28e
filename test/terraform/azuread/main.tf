# What a team keeps in Terraform of its directory: programs with their credentials, roles and rights, people, groups.
terraform {
  required_providers {
    azuread = { source = "hashicorp/azuread" }
  }
}

provider "azuread" {}

data "azuread_client_config" "current" {}
data "azuread_domains" "all" {
  only_initial = true
}
data "azuread_application_published_app_ids" "known" {}

# What changes in place when everything stands: `-var round=2`.
variable "round" {
  type    = number
  default = 1
}

locals {
  domain = data.azuread_domains.all.domains[0].domain_name
}

resource "azuread_user" "anna" {
  user_principal_name = "anna@${local.domain}"
  display_name        = "Anna"
  given_name          = "Anna"
  surname             = "Rossi"
  job_title           = var.round == 1 ? "Engineer" : "Manager"
  department          = "Machine Learning"
  usage_location      = "DE"
  password            = "Sehr-geheim-7-Zeichen"
}

resource "azuread_user" "ben" {
  user_principal_name   = "ben@${local.domain}"
  display_name          = "Ben"
  password              = "Noch-geheimer-8-Zeichen"
  force_password_change = true
  account_enabled       = var.round == 2
  manager_id            = var.round == 1 ? azuread_user.anna.object_id : null
}

resource "azuread_group" "team" {
  display_name     = "tf-team"
  description      = "Who trains models"
  security_enabled = true
  mail_nickname    = "tf-team"
  owners           = [data.azuread_client_config.current.object_id]
  members          = var.round == 1 ? [azuread_user.anna.object_id] : [azuread_user.anna.object_id, azuread_user.ben.object_id]
}

resource "azuread_group" "all" {
  display_name     = "tf-all"
  description      = "Round ${var.round}"
  security_enabled = true
}

resource "azuread_group_member" "team" {
  group_object_id  = azuread_group.all.object_id
  member_object_id = azuread_group.team.object_id
}

resource "azuread_group_without_members" "ops" {
  display_name     = "tf-ops"
  security_enabled = true
}

resource "azuread_group_member" "ben" {
  group_object_id  = azuread_group_without_members.ops.object_id
  member_object_id = azuread_user.ben.object_id
}

resource "azuread_application" "api" {
  display_name            = "tf-api"
  identifier_uris         = ["api://tf-api"]
  owners                  = var.round == 1 ? [data.azuread_client_config.current.object_id] : [data.azuread_client_config.current.object_id, azuread_user.anna.object_id]
  sign_in_audience        = "AzureADMyOrg"
  notes                   = var.round == 1 ? "made by Terraform" : null
  group_membership_claims = ["SecurityGroup"]

  api {
    requested_access_token_version = 2
    mapped_claims_enabled          = true

    oauth2_permission_scope {
      admin_consent_description  = "Reads models in the name of who is signed in"
      admin_consent_display_name = "Read models"
      enabled                    = true
      id                         = "96183846-204b-4b43-82e1-5d2222eb4b9b"
      type                       = "User"
      user_consent_description   = "Reads your models"
      user_consent_display_name  = "Read models"
      value                      = "models.read"
    }
  }

  app_role {
    allowed_member_types = ["User", "Application"]
    description          = "Writes models"
    display_name         = "Writer"
    enabled              = true
    id                   = "1b19509b-32b1-4e9f-b71d-4992aa991967"
    value                = "models.write"
  }

  feature_tags {
    enterprise = true
  }

  optional_claims {
    access_token {
      name = "groups"
    }
    id_token {
      name                  = "upn"
      additional_properties = ["include_externally_authenticated_upn"]
    }
  }

  required_resource_access {
    resource_app_id = data.azuread_application_published_app_ids.known.result["MicrosoftGraph"]

    resource_access {
      id   = azuread_service_principal.graph.app_role_ids["User.Read.All"]
      type = "Role"
    }
  }

  web {
    homepage_url  = "https://models.example"
    logout_url    = "https://models.example/logout"
    redirect_uris = [for at in range(var.round) : "https://models.example/signed-in-${at}"]

    implicit_grant {
      access_token_issuance_enabled = false
      id_token_issuance_enabled     = true
    }
  }
}

resource "azuread_service_principal" "graph" {
  client_id    = data.azuread_application_published_app_ids.known.result["MicrosoftGraph"]
  use_existing = true
}

resource "azuread_service_principal" "api" {
  client_id                    = azuread_application.api.client_id
  app_role_assignment_required = false
  owners                       = [data.azuread_client_config.current.object_id]
  description                  = "Serves models, round ${var.round}"
}

resource "azuread_application_registration" "job" {
  display_name = "tf-job"
}

resource "azuread_service_principal" "job" {
  client_id = azuread_application_registration.job.client_id
}

resource "azuread_application_owner" "job" {
  application_id  = azuread_application_registration.job.id
  owner_object_id = azuread_user.anna.object_id
}

resource "azuread_application_password" "job" {
  application_id = azuread_application_registration.job.id
  display_name   = "a secret"
  end_date       = "2099-01-01T00:00:00Z"
}

resource "azuread_service_principal_password" "job" {
  service_principal_id = azuread_service_principal.job.id
  display_name         = "its own"
}

resource "azuread_application_certificate" "job" {
  application_id = azuread_application_registration.job.id
  type           = "AsymmetricX509Cert"
  value          = file("certificate.pem")
  end_date       = "2036-01-01T00:00:00Z"
}

resource "azuread_service_principal_certificate" "job" {
  service_principal_id = azuread_service_principal.job.id
  type                 = "AsymmetricX509Cert"
  value                = file("certificate.pem")
  end_date             = "2036-01-01T00:00:00Z"
}

resource "azuread_application_federated_identity_credential" "job" {
  application_id = azuread_application_registration.job.id
  display_name   = "github-main"
  description    = "Deployments from the main branch"
  audiences      = ["api://AzureADTokenExchange"]
  issuer         = "https://token.actions.githubusercontent.com"
  subject        = "repo:contoso/models:ref:refs/heads/${var.round == 1 ? "main" : "release"}"
}

resource "azuread_application_redirect_uris" "job" {
  application_id = azuread_application_registration.job.id
  type           = "PublicClient"
  redirect_uris  = ["http://localhost/signed-in"]
}

resource "azuread_application_identifier_uri" "job" {
  application_id = azuread_application_registration.job.id
  identifier_uri = "api://tf-job"
}

resource "azuread_application_app_role" "job" {
  application_id       = azuread_application_registration.job.id
  role_id              = "5e6b9d1c-6d0e-4a0e-9a0b-0d5a3f0b5f11"
  allowed_member_types = ["User"]
  description          = "Looks at jobs"
  display_name         = "Looker ${var.round}"
  value                = "jobs.look"
}

resource "azuread_application_permission_scope" "job" {
  application_id             = azuread_application_registration.job.id
  scope_id                   = "9b2cb7c4-2e0a-4f7e-8f39-6a2d5c3d5d22"
  value                      = "jobs.read"
  admin_consent_description  = "Reads jobs"
  admin_consent_display_name = "Read jobs"
}

resource "azuread_application_pre_authorized" "job" {
  application_id       = azuread_application_registration.job.id
  authorized_client_id = azuread_application.api.client_id
  permission_ids       = [azuread_application_permission_scope.job.scope_id]
}

resource "azuread_application_known_clients" "job" {
  application_id   = azuread_application_registration.job.id
  known_client_ids = [azuread_application.api.client_id]
}

resource "azuread_application_fallback_public_client" "job" {
  application_id = azuread_application_registration.job.id
  enabled        = true
}

resource "azuread_application_optional_claims" "job" {
  application_id = azuread_application_registration.job.id
  access_token {
    name = "email"
  }
}

resource "azuread_application_api_access" "job" {
  application_id = azuread_application_registration.job.id
  api_client_id  = azuread_application.api.client_id
  role_ids       = [azuread_application.api.app_role_ids["models.write"]]
  scope_ids      = [azuread_application.api.oauth2_permission_scope_ids["models.read"]]
}

resource "azuread_app_role_assignment" "job_writes" {
  app_role_id         = azuread_application.api.app_role_ids["models.write"]
  principal_object_id = azuread_service_principal.job.object_id
  resource_object_id  = azuread_service_principal.api.object_id
}

resource "azuread_app_role_assignment" "job_reads_users" {
  app_role_id         = azuread_service_principal.graph.app_role_ids["User.Read.All"]
  principal_object_id = azuread_service_principal.job.object_id
  resource_object_id  = azuread_service_principal.graph.object_id
}

resource "azuread_app_role_assignment" "team_writes" {
  app_role_id         = azuread_application.api.app_role_ids["models.write"]
  principal_object_id = azuread_group.team.object_id
  resource_object_id  = azuread_service_principal.api.object_id
}

resource "azuread_service_principal_delegated_permission_grant" "job" {
  service_principal_object_id          = azuread_service_principal.job.object_id
  resource_service_principal_object_id = azuread_service_principal.api.object_id
  claim_values                         = var.round == 1 ? ["models.read"] : ["models.read", "offline_access"]
}

data "azuread_user" "anna" {
  user_principal_name = azuread_user.anna.user_principal_name
}

data "azuread_users" "both" {
  object_ids = [azuread_user.anna.object_id, azuread_user.ben.object_id]
}

data "azuread_group" "team" {
  display_name = azuread_group.team.display_name
}

data "azuread_groups" "by_prefix" {
  display_name_prefix = "tf-"
  depends_on          = [azuread_group.team, azuread_group.all, azuread_group_without_members.ops]
}

data "azuread_application" "api" {
  display_name = azuread_application.api.display_name
}

data "azuread_service_principal" "api" {
  client_id = azuread_service_principal.api.client_id
}

data "azuread_service_principals" "both" {
  client_ids = [azuread_service_principal.api.client_id, azuread_service_principal.job.client_id]
}

data "azuread_directory_object" "anna" {
  object_id = azuread_user.anna.object_id
}

output "job" {
  value = {
    client_id = azuread_application_registration.job.client_id
    object_id = azuread_service_principal.job.object_id
  }
}

output "secret" {
  value     = azuread_application_password.job.value
  sensitive = true
}

resource "azuread_application" "with_secret" {
  display_name                   = "tf-with-secret"
  fallback_public_client_enabled = true
  prevent_duplicate_names        = true

  password {
    display_name = "within"
    start_date   = "2026-01-01T00:00:00Z"
    end_date     = "2098-01-01T00:00:00Z"
  }

  public_client {
    redirect_uris = ["http://localhost/x"]
  }

  single_page_application {
    redirect_uris = ["https://spa.example/"]
  }
}

resource "azuread_group" "many" {
  for_each         = toset(["one", "two", "three"])
  display_name     = "tf-many-${each.key}"
  security_enabled = true
  members          = [azuread_service_principal.job.object_id, azuread_group.team.object_id]
}
