SwaggerUIBundle({
  dom_id: "#description",
  url: "/openapi.json",
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  presets: [SwaggerUIBundle.presets.apis],
  queryConfigEnabled: false,
  tryItOutEnabled: false,
  validatorUrl: null,
});
